package faultmatrix

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// network connects clients and servers in memory.
type network struct {
	mu        sync.Mutex
	listeners map[string]*listener // by address
}

func newNetwork() *network { return &network{listeners: map[string]*listener{}} }

// address is where a listener stands, as host:port.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// listen returns the listener of an address.
func (n *network) listen(at string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{at: address(at), conns: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[at] = l
	return l
}

// dial connects to the listener of an address. It is a cloudcall.Dial.
func (n *network) dial(ctx context.Context, _, to string) (net.Conn, error) {
	n.mu.Lock()
	l, ok := n.listeners[to]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: address(to), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if !ok {
		return nil, refused
	}
	client, server := pipe(l.at)
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: address(to), Err: ctx.Err()}
	}
}

// listener is a net.Listener in memory.
type listener struct {
	at     address
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.at }

// conn is one end of a connection. Its errors are those of TCP.
type conn struct {
	net.Conn
	local, remote address
	peer          *conn
	abortive      atomic.Bool // Close resets the connection
	reset         atomic.Bool // the peer has done so
}

func pipe(at address) (client, server *conn) {
	a, b := net.Pipe()
	client = &conn{Conn: a, local: "client:1", remote: at}
	server = &conn{Conn: b, local: at, remote: "client:1", peer: client}
	client.peer = server
	return client, server
}

// SetLinger implements what *net.TCPConn has: with 0 seconds, Close resets the connection.
func (c *conn) SetLinger(seconds int) error {
	c.abortive.Store(seconds == 0)
	return nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.abortive.Load() {
		c.peer.reset.Store(true)
	}
	return c.Conn.Close()
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if errors.Is(err, io.EOF) && c.reset.Load() {
		err = c.failed("read", syscall.ECONNRESET)
	}
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, io.ErrClosedPipe) {
		err = c.failed("write", syscall.EPIPE)
	}
	return n, err
}

func (c *conn) failed(op string, why syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: c.remote, Err: os.NewSyscallError(op, why)}
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.remote }
