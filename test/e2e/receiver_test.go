package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// told is one alert as a receiver hears of it.
type told struct {
	alert
	Receiver string // pager or tickets
	Summary  string
	Text     string // the description
	Runbook  string // its address
	Message  string // key of the message that it came in; an update has the key of the first
	Resolved bool
}

// receiver is the far end of Alertmanager's webhooks.
type receiver struct {
	address string

	mu   sync.Mutex
	list []told // in the order of arrival
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
			for _, n := range r.told() {
				t.Logf("told: %+v", n)
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
		r.list = append(r.list, told{
			alert:    newAlert(a.Labels),
			Receiver: strings.TrimPrefix(req.URL.Path, "/"),
			Summary:  a.Annotations["summary"], Text: a.Annotations["description"], Runbook: a.Annotations["runbook_url"],
			Message:  message.GroupKey,
			Resolved: a.Status == "resolved",
		})
	}
}

// told returns all that was heard, in the order of arrival.
func (r *receiver) told() []told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// ever returns every alert that somebody was called for, sorted.
func (r *receiver) ever() []alert {
	var list []alert
	for _, n := range r.told() {
		if !n.Resolved {
			list = append(list, n.alert)
		}
	}
	return sorted(list)
}

// messages returns in how many messages, updates aside, alerts were heard of.
func (r *receiver) messages() int {
	keys := map[string]bool{}
	for _, n := range r.told() {
		keys[n.Message] = true
	}
	return len(keys)
}

// open returns the alerts whose end was not heard of, sorted.
func (r *receiver) open() []alert {
	firing := map[alert]bool{}
	for _, n := range r.told() {
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

// first returns the first that was heard of an alert.
func (r *receiver) first(t *testing.T, a alert) told {
	t.Helper()
	all := r.told()
	i := slices.IndexFunc(all, func(n told) bool { return n.alert == a })
	if i < 0 {
		t.Fatalf("nobody was told of %+v", a)
	}
	return all[i]
}
