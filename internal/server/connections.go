package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// connections bound how many connections an address has. Where there are too many, the one closes that has waited
// longest for a request, so that idle connections keep no scraper away.
type connections struct {
	mu      sync.Mutex
	all     map[net.Conn]bool
	waiting []net.Conn // without a request in progress, the longest wait first
}

// track follows the states of a server's connections.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	if excess := c.note(conn, state); excess != nil {
		abort(excess)
	}
}

// note returns the connection that must go, or nil.
func (c *connections) note(conn net.Conn, state http.ConnState) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = without(c.waiting, conn)
	switch state {
	case http.StateNew, http.StateIdle:
		c.all[conn] = true
		c.waiting = append(c.waiting, conn)
	case http.StateClosed, http.StateHijacked:
		delete(c.all, conn)
	case http.StateActive:
	}
	if state != http.StateNew || len(c.all) <= maxConnections {
		return nil
	}
	excess := c.waiting[0] // the new one, when all others are busy
	c.waiting = c.waiting[1:]
	delete(c.all, excess)
	return excess
}

// without returns the list without a connection.
func without(list []net.Conn, conn net.Conn) []net.Conn {
	for i, other := range list {
		if other == conn {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// abort closes a connection at once: closing a TLS connection would wait for a client that does not read.
func abort(conn net.Conn) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	conn.Close()
}
