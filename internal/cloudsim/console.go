package cloudsim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// presets are the faults that the console offers.
func presets() []preset {
	return []preset{
		{"Throttle every list of backups", Fault{Kind: FaultThrottle, Operation: "DescribeBackups"}, "retries, then a poll that fails; the verdicts hold until stale_after"},
		{"Refuse the permission to list backups", Fault{Kind: FaultForbidden, Operation: "DescribeBackups"}, "poll_success 0 for the scope backups, with the action to allow"},
		{"Let no answer come to jobs", Fault{Kind: FaultHang, Operation: "DescribeBackupTasks"}, "the scrape waits no longer than its deadline; all else goes on"},
		{"Withdraw the keys", Fault{Kind: FaultWrongKey}, "account_up 0; nothing else is asked, so that no key is locked"},
		{"Answer everything with an error 503", Fault{Kind: FaultServerError}, "account_up 0, with the cloud's words and request id"},
		{"List no instances", Fault{Kind: FaultMissingList, Operation: "DescribeDBInstances"}, "an answer without a list is an error, and no empty region"},
		{"Cut the answers of Huawei Cloud in the middle", Fault{Kind: FaultCut, Operation: "ListBackups"}, "a part of a list is never taken for the whole"},
		{"Make every answer 3 s late", Fault{Kind: FaultLatency, Delay: 3e9}, "all is asked at the same time, so a scrape takes some seconds"},
	}
}

// preset is a fault with a name.
type preset struct {
	Name  string
	Fault Fault
	See   string // what the exporter makes of it
}

//go:embed console.html
var consoleText string

// Console returns a page with buttons that inject and remove faults, for a person who tries the exporter out. It is mounted at
// its path. It has no authentication, as [Sim.Admin].
func (s *Sim) Console(path string) http.Handler {
	page := template.Must(template.New("console").Parse(consoleText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		var injected []string
		for _, f := range s.faults.list() {
			text, err := json.Marshal(f.Fault)
			if err != nil {
				text = []byte(f.Kind)
			}
			injected = append(injected, string(text))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
		_ = page.Execute(w, map[string]any{"Path": path, "Presets": presets(), "Injected": injected}) // a client that left
	})
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("heal") != "" {
			s.faults.removeIf(func(*activeFault) bool { return true })
		} else if err := s.choose(r.FormValue("preset")); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, path, http.StatusSeeOther)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// choose injects a preset by its number.
func (s *Sim) choose(number string) error {
	i, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || i < 0 || i >= len(presets()) {
		return fmt.Errorf("there is no preset %q", number)
	}
	s.inject(presets()[i].Fault)
	return nil
}
