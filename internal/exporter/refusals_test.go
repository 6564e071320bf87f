package exporter

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// locking is Huawei Cloud as somebody with a wrong secret sees it. It notes when it refused, and how many calls came at once.
type locking struct {
	*httptest.Server
	clock   simtest.Clock
	accepts func(r *http.Request) bool // nil: nothing

	mu              sync.Mutex
	refused         []time.Time
	asked           []string // every call; one that is not of this test is a stranger's
	inFlight, crowd int
}

func newLocking(t *testing.T) *locking {
	l := new(locking)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.inFlight++
		l.asked = append(l.asked, r.Method+" "+r.URL.Path)
		l.crowd = max(l.crowd, l.inFlight)
		l.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.inFlight--
		w.Header().Set("Content-Type", "application/json")
		if l.accepts != nil && l.accepts(r) {
			l.refused = nil
			_, _ = w.Write([]byte(`{"instances":[],"total_count":0}`))
			return
		}
		l.refused = append(l.refused, l.clock.Now())
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}`))
	}))
	t.Cleanup(l.Close)
	return l
}

// account returns an account of the configuration file, with credentials and one region.
func (l *locking) account(name, credentials string) string {
	return fmt.Sprintf(`{name: %s, cloud: huawei, requests_per_second: 100, credentials: {%s}, regions: [{id: cn-north-4, project_id: 0123456789abcdef0123456789abcdef, endpoint: "%s", iam_endpoint: "%s",
  discovery: {enabled: true}}]}`, name, credentials, l.URL, l.URL)
}

func (l *locking) config(t *testing.T, accounts ...string) *config.Config {
	t.Helper()
	return load(t, "accounts: ["+strings.Join(accounts, ", ")+"]")
}

func (l *locking) start(t *testing.T, accounts ...string) *Exporter {
	t.Helper()
	e, err := New(l.config(t, accounts...), Options{Now: l.clock.Now, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// askAll asks every region at once, and returns the last error.
func askAll(t *testing.T, e *Exporter) (last error) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, r := range e.Regions() {
		all.Go(func() {
			_, err := r.Source.Instances(t.Context())
			mu.Lock()
			defer mu.Unlock()
			last = err
		})
	}
	all.Wait()
	return last
}

// An operator who tries one secret after the other must not lock the key.
func TestNewSecretsOfAKeyAreCountedTogether(t *testing.T) {
	l := newLocking(t)
	with := func(secret string) string { return l.account("a", "access_key_id: AK, access_key_secret: "+secret) }
	e := l.start(t, with("s"))
	var err error
	for i := range 50 { // 5 min
		cfg := l.config(t, with(fmt.Sprint("s", i)))
		if err := e.Reload(func() (*config.Config, error) { return cfg, nil }); err != nil {
			t.Fatal(err)
		}
		err = askAll(t, e)
		l.clock.Advance(6 * time.Second)
	}
	if n := len(l.refused); n != 5 {
		t.Errorf("%d calls were refused in five minutes, want five", n)
	}
	if until := l.refused[0].Add(5*time.Minute + 10*time.Second).UTC().Format(time.TimeOnly); err == nil || !strings.Contains(err.Error(), "none is sent before "+until+" UTC") {
		t.Errorf("the error %v does not say that nothing is sent before %s", err, until)
	}
	l.clock.Advance(time.Minute)
	l.accepts = func(*http.Request) bool { return true }
	if err := askAll(t, e); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A secret that is fixed in time works at once.
func TestFixedSecretWorksAtOnce(t *testing.T) {
	l := newLocking(t)
	e := l.start(t, l.account("a", "access_key_id: AK, access_key_secret: wrong"))
	for range 3 {
		if err := askAll(t, e); backup.ClassOf(err) != backup.ClassAuth {
			t.Fatalf("error %v, want auth", err)
		}
	}
	l.accepts = func(*http.Request) bool { return true }
	cfg := l.config(t, l.account("a", "access_key_id: AK, access_key_secret: right"))
	if err := e.Reload(func() (*config.Config, error) { return cfg, nil }); err != nil {
		t.Fatal(err)
	}
	if err := askAll(t, e); err != nil {
		t.Errorf("the fixed secret: %v", err)
	}
}

// However a key is spelled and whatever is assumed with it, its refusals count together, and its first calls go one by one.
func TestRefusalsOfAKeyOverAllItsAccounts(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"id": "AK", "secret": "wrong"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const id, secret = "access_key_id: AK", "access_key_secret: wrong"
	idFile, secretFile := "access_key_id_file: "+filepath.Join(dir, "id"), "access_key_secret_file: "+filepath.Join(dir, "secret")
	agency := func(name string) string { return id + ", " + secret + ", agency_domain: d, agency_name: " + name }
	for name, credentials := range map[string][]string{
		"spellings": {id + ", " + secret, idFile + ", " + secretFile, id + ", " + secretFile, idFile + ", " + secret},
		"agencies":  {agency("a"), agency("b"), agency("c"), agency("d")},
		"secrets":   {id + ", " + secret, id + ", access_key_secret: b", id + ", access_key_secret: c", id + ", access_key_secret: d"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLocking(t)
			var accounts []string
			for i, c := range credentials {
				accounts = append(accounts, l.account(fmt.Sprint("a", i), c))
			}
			e := l.start(t, accounts...)
			for range 10 { // 5 min
				if err := askAll(t, e); backup.ClassOf(err) != backup.ClassAuth {
					t.Errorf("error %v, want auth", err)
				}
				l.clock.Advance(30 * time.Second)
			}
			if n := len(l.refused); n < 1 || n > 5 {
				t.Errorf("%d calls were refused in five minutes, want five at most: %q", n, l.asked)
			}
			if l.crowd != 1 {
				t.Errorf("%d calls at once, want one: %q", l.crowd, l.asked)
			}
		})
	}
}
