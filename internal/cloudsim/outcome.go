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

// waitFor waits until the client leaves or stop is closed.
func (o outcome) waitFor(stop <-chan struct{}) {
	select {
	case <-o.r.Context().Done():
	case <-stop:
	}
}

// leave sends the given bytes and closes the connection.
func (o outcome) leave(wire []byte) {
	if conn := o.hijack(); conn != nil {
		_, _ = conn.Write(wire) // an error means that the client has left
		_ = conn.Close()
	}
}

// abort sends the given bytes and resets the connection. The reset may overtake the bytes.
func (o outcome) abort(wire []byte) {
	conn := o.hijack()
	if conn == nil {
		return
	}
	_, _ = conn.Write(wire) // an error means that the client has left
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn() // the end of TLS would be an orderly one
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // an error leaves an orderly end, which is nearly as bad for the client
	}
	_ = conn.Close()
}

// hijack takes the connection over. It returns nil where that is not possible.
func (o outcome) hijack() net.Conn {
	conn, _, err := http.NewResponseController(o.w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// begin sends the header of an answer with a body of the given length.
func (o outcome) begin(a httpsim.Answer, length int) {
	maps.Copy(o.w.Header(), a.Header)
	o.w.Header().Set("Content-Length", strconv.Itoa(length))
	o.w.WriteHeader(a.Status)
}

// push sends a part of a body at once. It returns false when the client has left.
func (o outcome) push(part []byte) bool {
	_, err := o.w.Write(part)
	return err == nil && http.NewResponseController(o.w).Flush() == nil
}

// drip sends the body in small chunks with a pause after each.
func (o outcome) drip(a httpsim.Answer, pause time.Duration) {
	if pause == 0 {
		pause = defaultDrip
	}
	body := a.Bytes()
	o.begin(a, len(body))
	for len(body) > 0 {
		n := min(dripChunk, len(body))
		if !o.push(body[:n]) {
			return
		}
		body = body[n:]
		if len(body) > 0 && !o.wait(pause, nil) {
			return
		}
	}
}

// hangBody sends half of the body, and resets the connection when the client leaves or stop is closed.
func (o outcome) hangBody(a httpsim.Answer, stop <-chan struct{}) {
	body := a.Bytes()
	o.begin(a, len(body))
	if o.push(body[:len(body)/2]) {
		o.waitFor(stop)
	}
	o.abort(nil)
}

// firstHalf returns the bytes of the answer on the wire, up to the middle of the body.
func firstHalf(a httpsim.Answer) []byte {
	body := a.Bytes()
	return onWire(a, len(body), body[:len(body)/2])
}

// onWire returns the bytes of an answer whose header promises a length.
func onWire(a httpsim.Answer, length int, body []byte) []byte {
	var wire bytes.Buffer
	wire.WriteString("HTTP/1.1 " + strconv.Itoa(a.Status) + " " + http.StatusText(a.Status) + "\r\n")
	for key, values := range a.Header {
		for _, value := range values {
			wire.WriteString(key + ": " + value + "\r\n")
		}
	}
	wire.WriteString("Content-Length: " + strconv.Itoa(length) + "\r\n\r\n")
	wire.Write(body)
	return wire.Bytes()
}
