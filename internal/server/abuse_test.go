package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/exporter-toolkit/web"

	"mongodb_backup_exporter/internal/server"
)

// TestManyClientsLeaveNothing lets 1,000 good and 1,000 bad clients come to a real listener. The bad ones keep their
// connections open: the server must close them.
func TestManyClientsLeaveNothing(t *testing.T) {
	opts := options(&poller{})
	opts.Now, opts.Metrics, opts.MaxRequests = time.Now, wide(100), 40
	l := listen(t)
	run(t, server.Service{Listeners: []net.Listener{l}, Handler: server.New(opts), Logger: nopLogger})
	address := l.Addr().String()
	fetch(t, &http.Transport{DisableKeepAlives: true}, "http://"+address+"/metrics")
	goroutines, descriptors := runtime.NumGoroutine(), openFiles(t)

	var bad []net.Conn
	for i := range 1000 {
		bad = append(bad, abuse(t, address, i))
	}
	scrape(t, "http://"+address+"/metrics", 1000)

	deadline := time.Now().Add(90 * time.Second)
	for openFiles(t) > descriptors+len(bad) || runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d descriptors, want %d and %d", runtime.NumGoroutine(), openFiles(t)-len(bad), goroutines, descriptors)
		}
		time.Sleep(100 * time.Millisecond) // between two looks at the kernel's clock
	}
	for _, conn := range bad {
		conn.Close()
	}
}

// abuse opens a connection and does one of the things that a good client does not.
func abuse(t *testing.T, address string, i int) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	text := []string{
		"",
		"GET /metrics HTTP/1.1\r\nHost: exporter\r\nX-A: ",
		"GET /metrics HTTP/1.1\r\nHost: exporter\r\nContent-Length: 10\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n", // and does not read the answer
		"POST /-/reload HTTP/1.1\r\nHost: exporter\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"\x16\x03\x01\x02\x00\x01",
		"GET /probe?instance_id=" + strings.Repeat("x", 20<<10) + " HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n",
		fmt.Sprintf("GET /probe?instance_id=ghost%d HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n", i),
	}[i%8]
	_, _ = io.WriteString(conn, text) // the server may have closed it already
	return conn
}

// scrape sends n requests, up to 20 at the same time.
func scrape(t *testing.T, url string, n int) {
	transport := &http.Transport{MaxConnsPerHost: 20}
	defer transport.CloseIdleConnections()
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for range n / 20 {
				if resp := fetch(t, transport, url); resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusServiceUnavailable {
					t.Error(resp.Status)
				}
			}
		})
	}
	clients.Wait()
}

// openFiles returns how many descriptors this process has.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(files)
}

func TestFailedConnectionsAreLogged(t *testing.T) {
	file, l := webConfig(t, tlsConfig(t)), listen(t)
	lines := make(chan string, 10)
	run(t, server.Service{
		Listeners: []net.Listener{l}, Handler: server.New(options(&poller{})), Web: &web.FlagConfig{WebConfigFile: &file},
		Logger: log.LoggerFunc(func(keyvals ...any) error {
			lines <- fmt.Sprint(keyvals...)
			return nil
		}),
	})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	write(t, conn, "GET / HTTP/1.1\r\n\r\n")
	select {
	case line := <-lines:
		if !strings.Contains(line, "A connection failed") || !strings.Contains(line, "TLS handshake error from 127.0.0.1") {
			t.Errorf("a plain request to a TLS port logs %q", line)
		}
	case <-time.After(time.Minute):
		t.Error("a plain request to a TLS port logs nothing")
	}
}
