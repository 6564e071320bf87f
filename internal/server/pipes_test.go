package server_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/server"
)

// pipes is a listener whose connections buffer nothing. In a bubble their deadlines follow the bubble's clock.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// dial opens a connection, which the end of the test closes.
func (p *pipes) dial(t *testing.T) net.Conn {
	client, accepted := net.Pipe()
	t.Cleanup(func() { client.Close() })
	p.conns <- accepted
	return client
}

// request sends a request on a connection of its own and returns the connection.
func (p *pipes) request(t *testing.T, lines ...string) net.Conn {
	t.Helper()
	conn := p.dial(t)
	write(t, conn, strings.Join(lines, "\r\n")+"\r\nHost: exporter\r\n\r\n")
	return conn
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// read reads the answer to a request.
func read(t *testing.T, conn net.Conn) (reply, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return replyOf(resp), string(body)
}

// untilClosed returns after how long the server closes a connection, reading all that it sends.
func untilClosed(conn net.Conn) time.Duration {
	start := time.Now()
	_, _ = io.Copy(io.Discard, conn)
	return time.Since(start)
}

// run runs a service until the test ends.
func run(t *testing.T, service server.Service) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// serve lets a handler answer on a new listener until the test ends.
func serve(t *testing.T, handler http.Handler) *pipes {
	l := newPipes()
	run(t, server.Service{Listeners: []net.Listener{l}, Handler: handler, Logger: nopLogger})
	return l
}
