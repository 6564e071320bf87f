package cloudsim

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const defaultSlowAccept = time.Minute

// Endpoint says whose calls arrive at a listener, for the faults that break connections before any call. A fault that
// names a cloud, a region or an access key affects an endpoint of the same one only. The zero value is anybody's, without
// TLS.
type Endpoint struct {
	Cloud, Region, AccessKeyID string

	Authority *Authority // gives the certificate; nil: no TLS
	Host      string     // the name in the certificate; required with TLS
}

// caller returns what is known of whoever calls there.
func (e Endpoint) caller() *request {
	return &request{Request: &httpsim.Request{Region: e.Region, KeyID: e.AccessKeyID}, cloud: e.Cloud}
}

// Listen wraps a listener for the simulation, so that faults of the endpoint break its connections. It fails when no
// certificate can be made.
func (s *Sim) Listen(inner net.Listener, at Endpoint) (net.Listener, error) {
	l := &listener{Listener: inner, sim: s, at: at}
	if at.Authority == nil {
		return l, nil
	}
	var err error
	if l.certificates, err = at.Authority.forHost(at.Host); err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", at.Host, err)
	}
	return l, nil
}

// listener is a net.Listener whose connections may be faulty.
type listener struct {
	net.Listener
	sim          *Sim
	at           Endpoint
	certificates map[FaultKind]tls.Certificate // the good one by "", the others by their fault; nil: no TLS
}

// Accept waits for a connection. The fault of the endpoint at that moment decides what is wrong with it.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: raw, at: l.at, of: &l.sim.connections, closed: make(chan struct{})}
	conn.of.add(conn)
	fault, faulty := l.sim.faults.matchConnection(l.at.caller())
	kind := FaultKind("")
	if faulty {
		kind = fault.Kind
	}
	if kind == FaultSlowAccept {
		conn.slow = fault
	}
	if l.certificates == nil || kind == FaultPlainHTTP {
		return conn, nil
	}
	certificate, ok := l.certificates[kind]
	if !ok {
		certificate = l.certificates[""]
	}
	return tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}), nil
}

// connection is one that a listener accepted.
type connection struct {
	net.Conn
	at   Endpoint
	of   *connectionList
	slow *activeFault // delays the first read; nil: nothing does

	once   sync.Once
	begun  sync.Once
	closed chan struct{}
}

// Read reads. The first Read of a connection that is accepted slowly waits.
func (c *connection) Read(b []byte) (int, error) {
	c.begun.Do(c.waitForAccept)
	return c.Conn.Read(b)
}

func (c *connection) waitForAccept() {
	if c.slow == nil {
		return
	}
	delay := c.slow.Delay
	if delay == 0 {
		delay = defaultSlowAccept
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.slow.removed:
	case <-c.closed:
	}
}

// SetLinger is that of a TCP connection. It does nothing for another one.
func (c *connection) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(interface{ SetLinger(seconds int) error }); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}

// Close closes the connection.
func (c *connection) Close() error {
	c.once.Do(func() {
		c.of.remove(c)
		close(c.closed)
	})
	return c.Conn.Close()
}

// connectionList holds open connections. The zero value is empty. It is safe for concurrent use.
type connectionList struct {
	mu   sync.Mutex
	open map[*connection]struct{}
}

func (l *connectionList) add(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = make(map[*connection]struct{})
	}
	l.open[c] = struct{}{}
}

func (l *connectionList) remove(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// closeMatching closes the connections that a fault matches.
func (l *connectionList) closeMatching(f Fault) {
	var matching []*connection
	l.mu.Lock()
	for c := range l.open {
		if f.matches(c.at.caller()) {
			matching = append(matching, c)
		}
	}
	l.mu.Unlock()
	for _, c := range matching {
		_ = c.Close() // an error means that it is closed already
	}
}
