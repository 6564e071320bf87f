package exporter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/poll"
)

const (
	echoedID     = "AKVISIBLE0123456789"
	echoedSecret = "SKVISIBLE0123456789abcdefghij"
	echoedToken  = "STVISIBLE+/0123456789=" + "abcdefghijabcdefghijabcdefghij"
)

// echoes are texts in which something that was sent comes back.
func echoes(r *http.Request) map[string]string {
	signed, _ := url.ParseQuery(r.URL.RawQuery)
	all := map[string]string{
		"secret": echoedSecret, "token": echoedToken, "id": echoedID, "token in a URL": "t=" + url.QueryEscape(echoedToken),
		"cut secret": strings.Repeat("x", 240) + " " + echoedSecret, "start of the token": echoedToken[:30],
		"signature": "Signature=" + signed.Get("Signature") + "&SignatureVersion=1.0",
		"query":     r.URL.RawQuery, "word and run": "the signature was " + strings.Repeat("Ab0", 20) + "VISIBLE",
	}
	if r.Header.Get("X-Auth-Token") != "" { // nothing else was sent
		for _, name := range []string{"secret", "id", "cut secret"} {
			delete(all, name)
		}
	}
	for name, values := range r.Header {
		if name != "X-Acs-Content-Sha256" { // no secret
			all["header "+name] = name + ": " + values[0]
		}
	}
	return all
}

// echoing is a cloud that answers with what it was sent, at some place of its answer.
func echoing(place string) http.Handler {
	var calls atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := echoes(r)
		names := slices.Sorted(maps.Keys(all))
		text := all[names[int(calls.Add(1))%len(names)]]
		answer := map[string]any{"Code": "InvalidParameter", "Message": "no", "RequestId": "r-1", "error_code": "DBS.200001", "error_msg": "no"}
		switch place {
		case "message":
			answer["Message"], answer["error_msg"] = text, text
		case "code":
			answer["Code"], answer["error_code"] = text, text
		case "request id":
			answer["RequestId"] = text
			w.Header()["X-Request-Id"], w.Header()["X-Acs-Request-Id"] = []string{text}, []string{text}
		case "IAM's message":
			answer = map[string]any{"error": map[string]any{"message": text}}
		case "content type":
			w.Header().Set("Content-Type", text)
			_, _ = w.Write([]byte("no JSON"))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(answer)
	})
}

// questions make every call of a Source, and return its error.
func questions(s poll.Source) map[string]func(context.Context) error {
	in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: "replica_set"}
	since := time.Now().Add(-time.Hour)
	drop := func(_ any, err error) error { return err }
	return map[string]func(context.Context) error{
		"Instances":   func(ctx context.Context) error { return drop(s.Instances(ctx)) },
		"Backups":     func(ctx context.Context) error { return drop(s.Backups(ctx, in, "", since)) },
		"Jobs":        func(ctx context.Context) error { return drop(s.Jobs(ctx, in)) },
		"Policy":      func(ctx context.Context) error { return drop(s.Policy(ctx, in)) },
		"Recovery":    func(ctx context.Context) error { return drop(s.Recovery(ctx, in)) },
		"LastRestore": func(ctx context.Context) error { return drop(s.LastRestore(ctx, in)) },
		"StartBackup": func(ctx context.Context) error {
			return drop(s.(manual.Starter).StartBackup(ctx, in, backup.ManualOrder{}))
		},
		"Copies":       func(ctx context.Context) error { return drop(s.Copies(ctx, in, "", "cn-beijing", since)) },
		"Increments":   func(ctx context.Context) error { return drop(s.Increments(ctx, in, "", since)) },
		"CheckRestore": func(ctx context.Context) error { return drop(s.CheckRestore(ctx, in, "1")) },
	}
}

// signature is what must not be shown of a request: the clouds' forms of one.
var signature = regexp.MustCompile(`(?i)signature=[^(& ]+[a-z0-9%]{8}|[0-9a-f]{64}|VISIBLE`)

// TestNothingShowsWhatACloudEchoes takes everything that a request holds to every place of an answer, and looks at every
// output: the error, which pages and metrics show, and the log.
func TestNothingShowsWhatACloudEchoes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(echoedToken), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := fmt.Sprintf(`access_key_id: %s, access_key_secret: %s, security_token: "%s"`, echoedID, echoedSecret, echoedToken)
	clouds := map[string]string{
		"alibaba":       "cloud: alibaba, credentials: {" + keys + "}",
		"alibaba role":  "cloud: alibaba, credentials: {" + keys + `, role_arn: "` + role + `", sts_endpoint: "URL"}`,
		"huawei":        "cloud: huawei, credentials: {" + keys + "}",
		"huawei token":  "cloud: huawei, credentials: {token_file: " + filepath.Join(dir, "token") + "}",
		"huawei agency": "cloud: huawei, credentials: {" + keys + ", agency_name: a, agency_domain: d}",
	}
	for name, account := range clouds {
		for _, place := range []string{"message", "code", "request id", "IAM's message", "content type"} {
			t.Run(name+", "+place, func(t *testing.T) {
				server := httptest.NewServer(echoing(place))
				defer server.Close()
				iam := ""
				if strings.Contains(name, "huawei") {
					iam = `, iam_endpoint: "URL"`
				}
				text := "accounts: [{name: a, requests_per_second: 1000, " + account + `, regions: [{id: cn-north-4, endpoint: "URL", discovery: {enabled: true}` + iam + "}]}]"
				var logged bytes.Buffer
				e, err := New(load(t, strings.ReplaceAll(text, "URL", server.URL)), Options{Now: time.Now, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&logged))})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				times := 30
				if testing.Short() { // as the race detector runs
					times = 2
				}
				for range times { // with other texts each time
					for question, ask := range questions(e.Regions()[0].Source) {
						if err := ask(t.Context()); err != nil && signature.MatchString(err.Error()) {
							t.Errorf("%s: %v", question, err)
						}
					}
				}
				if shown := signature.FindString(logged.String()); shown != "" {
					t.Errorf("the log shows %s", shown)
				}
			})
		}
	}
}
