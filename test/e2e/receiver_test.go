package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// notification is one alert in one message of Alertmanager.
type notification struct {
	alert
	Owner           string // the label; "": it has none
	Receiver        string // pager or tickets
	Summary         string
	Text            string // the description
	Runbook         string // its address
	Page, Dashboard string // addresses too
	Message         string // key of the message; an update has the key of the first one
	Resolved        bool
}

// receiver receives the messages that Alertmanager sends to its webhooks.
type receiver struct {
	address string

	mu    sync.Mutex
	names names
	list  []notification // in the order of arrival
}

// received holds "NAME firing" and "NAME resolved" for every alert that any receiver of this run has got.
var received sync.Map

// missedAlerts returns the alerts of a rules file that no receiver has got both ways.
func missedAlerts(rules string) []string {
	var missed []string
	for _, match := range regexp.MustCompile(`(?m)^ +- alert: (\S+)$`).FindAllStringSubmatch(rules, -1) {
		_, fired := received.Load(match[1] + " firing")
		_, ended := received.Load(match[1] + " resolved")
		if !fired || !ended {
			missed = append(missed, match[1])
		}
	}
	return missed
}

// newReceiver listens until the test ends.
func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(r.serve))
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range r.notifications() {
				t.Logf("notification: %+v", n)
			}
		}
	})
	r.address = l.Addr().String()
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	var message struct {
		GroupKey string
		Alerts   []struct {
			Status      string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
	if err := json.NewDecoder(req.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range message.Alerts {
		received.Store(a.Labels["alertname"]+" "+a.Status, true)
		r.list = append(r.list, notification{
			alert:    r.names.newAlert(a.Labels),
			Owner:    a.Labels["owner"],
			Receiver: strings.TrimPrefix(req.URL.Path, "/"),
			Summary:  a.Annotations["summary"], Text: a.Annotations["description"], Runbook: a.Annotations["runbook_url"],
			Page: a.Annotations["exporter_url"], Dashboard: a.Annotations["dashboard_url"],
			Message:  message.GroupKey,
			Resolved: a.Status == "resolved",
		})
	}
}

// know takes the names of instances, before the first message.
func (r *receiver) know(n names) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = n
}

// notifications returns everything that was received, in the order of arrival.
func (r *receiver) notifications() []notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// fired returns every alert that was reported as firing at any time, sorted.
func (r *receiver) fired() []alert {
	var list []alert
	for _, n := range r.notifications() {
		if !n.Resolved {
			list = append(list, n.alert)
		}
	}
	return sorted(list)
}

// messages returns the number of messages. Updates of a message do not count.
func (r *receiver) messages() int {
	keys := map[string]bool{}
	for _, n := range r.notifications() {
		keys[n.Message] = true
	}
	return len(keys)
}

// open returns the alerts that were reported as firing and not as resolved since, sorted.
func (r *receiver) open() []alert {
	firing := map[alert]bool{}
	for _, n := range r.notifications() {
		firing[n.alert] = !n.Resolved
	}
	var list []alert
	for a, is := range firing {
		if is {
			list = append(list, a)
		}
	}
	return sorted(list)
}

// first returns the first notification of an alert.
func (r *receiver) first(t *testing.T, a alert) notification {
	t.Helper()
	all := r.notifications()
	i := slices.IndexFunc(all, func(n notification) bool { return n.alert == a })
	if i < 0 {
		t.Fatalf("no notification of %+v", a)
	}
	return all[i]
}
