package cloudsim

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	dripChunk   = 16 // bytes
	defaultDrip = 100 * time.Millisecond
)

// outcome is where the answer to one request goes.
type outcome struct {
	w    http.ResponseWriter
	r    *http.Request
	note func(httpsim.Answer) // logs the answer; called before it is sent, so that a client with an answer finds it in the log
}

func (o outcome) send(a httpsim.Answer) {
	o.note(a)
	a.Write(o.w)
}

// wait waits. It returns false when the client leaves or stop is closed first.
func (o outcome) wait(d time.Duration, stop <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-o.r.Context().Done():
	case <-stop:
	}
	return false
}

// reset sends the given bytes and closes the connection. Without bytes it sends a TCP reset. With bytes it closes in the
// orderly way, because a reset may overtake them.
func (o outcome) reset(wire []byte) {
	hijacker, ok := o.w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	if tls, ok := conn.(interface{ NetConn() net.Conn }); ok && len(wire) == 0 {
		conn = tls.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok && len(wire) == 0 {
		_ = tcp.SetLinger(0) // an error leaves an orderly end, which is nearly as bad for the client
	}
	_, _ = conn.Write(wire) // an error means that the client has left
	_ = conn.Close()
}

// drip sends the body in small chunks with a pause after each.
func (o outcome) drip(a httpsim.Answer, pause time.Duration) {
	if pause == 0 {
		pause = defaultDrip
	}
	body := a.Bytes()
	maps.Copy(o.w.Header(), a.Header)
	o.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	o.w.WriteHeader(a.Status)
	control := http.NewResponseController(o.w)
	for len(body) > 0 {
		n := min(dripChunk, len(body))
		if _, err := o.w.Write(body[:n]); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		body = body[n:]
		if len(body) > 0 && !o.wait(pause, nil) {
			return
		}
	}
}

// firstHalf returns the bytes of the answer on the wire, up to the middle of the body.
func firstHalf(a httpsim.Answer) []byte {
	body := a.Bytes()
	var wire bytes.Buffer
	wire.WriteString("HTTP/1.1 " + strconv.Itoa(a.Status) + " " + http.StatusText(a.Status) + "\r\n")
	for key, values := range a.Header {
		for _, value := range values {
			wire.WriteString(key + ": " + value + "\r\n")
		}
	}
	wire.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n")
	wire.Write(body[:len(body)/2])
	return wire.Bytes()
}
