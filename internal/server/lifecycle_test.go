package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/goleak"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestRunStopsGracefully(t *testing.T) {
	defer goleak.VerifyNone(t)
	inside := make(chan struct{})
	p := &poller{refresh: func(ctx context.Context) {
		close(inside)
		<-ctx.Done()
	}}
	p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	opts := options(p)
	opts.ScrapeTimeout = time.Hour
	served := make(chan error, 1)
	service := server.Service{Listeners: []net.Listener{l}, Handler: server.New(opts), Logger: nopLogger}
	go func() { served <- service.Run(ctx) }()
	scraped := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/metrics", nil)
		if err != nil {
			scraped <- err.Error()
			return
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			scraped <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		scraped <- string(body)
		if err != nil {
			t.Error(err)
		}
	}()
	<-inside
	start := time.Now()
	stop()
	if body := <-scraped; !strings.Contains(body, `known{id="a"} 1`) {
		t.Errorf("the scrape in flight got %q, want what is known", body)
	}
	if err := <-served; err != nil {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(start); took > 30*time.Second { // not the scrape's deadline, nor for ever
		t.Errorf("stopping took %v", took)
	}
}

// listen opens a free port on loopback.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// webConfig returns the name of a web configuration file.
func webConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// tlsConfig returns a web configuration that enables TLS with a new self-signed certificate.
func tlsConfig(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("tls_server_config:\n")
	for field, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: cert}, "key": {Type: "PRIVATE KEY", Bytes: secret}} {
		fmt.Fprintf(&text, "  %s: |\n    %s\n", field, strings.ReplaceAll(string(pem.EncodeToMemory(block)), "\n", "\n    "))
	}
	return text.String()
}

// alice may read with the password open-sesame.
const alice = "basic_auth_users:\n  alice: $2a$04$5LEafXp/CZG7adQTIAoSP.m1m7S1D0WSNHSFfl/loPMLptcqbwFiW\n"

func TestStarted(t *testing.T) {
	tests := []struct {
		name      string
		web       string
		encrypted bool
	}{
		{"plain", "", false},
		{"password", alice, false},
		{"TLS", tlsConfig(t), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := ""
			if test.web != "" {
				file = webConfig(t, test.web)
			}
			started := make(chan bool, 3)
			handler := server.New(options(&poller{}))
			run(t, server.Service{
				Listeners: []net.Listener{listen(t), listen(t)}, Handler: handler, Web: &web.FlagConfig{WebConfigFile: &file},
				Health: listen(t), HealthHandler: handler.Health(),
				Logger: nopLogger, Started: func(encrypted bool) { started <- encrypted },
			})
			if got := <-started; got != test.encrypted {
				t.Errorf("encrypted: %v, want %v", got, test.encrypted)
			}
			if len(started) != 0 {
				t.Error("Started was called again")
			}
		})
	}
}

func TestPasswordOnEveryListenerButHealth(t *testing.T) {
	file := webConfig(t, alice)
	first, second, health := listen(t), listen(t), listen(t)
	p := &poller{ready: true}
	handler := server.New(options(p))
	run(t, server.Service{
		Listeners: []net.Listener{first, second}, Handler: handler, Web: &web.FlagConfig{WebConfigFile: &file},
		Health: health, HealthHandler: handler.Health(), Logger: nopLogger,
	})
	tests := []struct {
		name string
		at   net.Listener
		path string
		want int
	}{
		{"first", first, "/metrics", 401},
		{"second", second, "/-/healthy", 401},
		{"alive", health, "/-/healthy", 200},
		{"ready", health, "/-/ready", 200},
		{"metrics beside health", health, "/metrics", 404},
		{"status page beside health", health, "/", 404},
		{"reload beside health", health, "/-/reload", 404},
		{"configuration beside health", health, "/-/config", 404},
		{"profiles beside health", health, "/debug/pprof/", 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := fetch(t, http.DefaultTransport, "http://"+test.at.Addr().String()+test.path)
			if resp.StatusCode != test.want {
				t.Errorf("%s, want %d", resp.Status, test.want)
			}
		})
	}
}

func TestTwoProtocolsWithTLS(t *testing.T) {
	file := webConfig(t, tlsConfig(t))
	l := listen(t)
	run(t, server.Service{Listeners: []net.Listener{l}, Handler: server.New(options(&poller{})), Web: &web.FlagConfig{WebConfigFile: &file}, Logger: nopLogger})
	for proto, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: h2}
		resp := fetch(t, transport, "https://"+l.Addr().String()+"/metrics")
		transport.CloseIdleConnections()
		if resp.Proto != proto || resp.StatusCode != http.StatusOK || resp.Header.Get("Referrer-Policy") == "" {
			t.Errorf("%s %s with headers %v, want 200 with %s and the headers of all answers", resp.Proto, resp.Status, resp.Header, proto)
		}
	}
}

// reply is an answer without its body.
type reply struct {
	Status, Proto string
	StatusCode    int
	Header        http.Header
}

func replyOf(resp *http.Response) reply {
	return reply{resp.Status, resp.Proto, resp.StatusCode, resp.Header}
}

// fetch returns what a page answers.
func fetch(t *testing.T, transport http.RoundTripper, url string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return replyOf(resp)
}

func TestRunReturnsWhatEndedIt(t *testing.T) {
	file := webConfig(t, "nonsense: true\n")
	l := listen(t)
	defer l.Close()
	err := server.Service{
		Listeners: []net.Listener{l, listen(t)}, Handler: http.NotFoundHandler(), Web: &web.FlagConfig{WebConfigFile: &file}, Logger: nopLogger,
	}.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("%v, want what is wrong with the web configuration", err)
	}
}
