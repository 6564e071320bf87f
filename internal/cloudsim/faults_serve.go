package cloudsim

import (
	"bytes"
	"compress/gzip"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	loginPath    = "/login"
	hugeBody     = 9 << 20 // bytes, more than any honest answer
	dripChunk    = 16      // bytes
	defaultDrip  = 100 * time.Millisecond
	defaultRetry = time.Second
)

// outcome sends the end of one request.
type outcome struct {
	w    http.ResponseWriter
	r    *http.Request
	note func(answer) // tells the log what is answered; before it is sent, so that who has the answer finds it there
}

func (o outcome) send(a answer) {
	o.note(a)
	a.write(o.w)
}

// wait returns false when the client leaves or stop is closed first.
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

// serveFault answers the way the fault says.
func (s *Sim) serveFault(out outcome, req *request, f *activeFault) {
	if a, ok := s.replaced(req, f.Fault); ok {
		out.send(a)
		return
	}
	switch f.Kind {
	case FaultForbidden, FaultNotFound:
		req.refusal = f.Kind
		out.send(s.answer(req))
	case FaultLatency:
		out.wait(f.Delay, f.removed)
		out.send(s.answer(req))
	case FaultHang:
		select {
		case <-f.removed:
		case <-out.r.Context().Done():
		}
		out.reset(nil)
	case FaultReset:
		out.reset(nil)
	case FaultCut:
		a := s.answer(req)
		out.note(a)
		out.reset(a.half())
	case FaultDrip:
		a := s.answer(req)
		out.note(a)
		out.drip(a, f.Delay)
	case FaultDuplicatePage:
		req.repeatFirstPage = true
		out.send(s.answer(req))
	default:
		out.send(spoiled(f.Kind, s.answer(req)))
	}
}

// replaced returns the answer of a fault that needs nothing of the true one.
func (s *Sim) replaced(req *request, f Fault) (answer, bool) {
	switch f.Kind {
	case FaultThrottle, FaultExpiredKey, FaultWrongKey, FaultServerError:
		return s.refusal(req, f), true
	case FaultErrorIn200:
		a := s.refusal(req, Fault{Kind: FaultServerError})
		a.status = http.StatusOK
		return a, true
	case FaultBadGatewayHTML:
		return newHTML(http.StatusBadGateway, "502 Bad Gateway"), true
	case FaultHTML200:
		return newHTML(http.StatusOK, "Welcome"), true
	case FaultUnavailable:
		return answer{status: http.StatusServiceUnavailable}, true
	case FaultEmpty:
		return answer{status: http.StatusOK}, true
	case FaultEmptyObject:
		return newJSON(http.StatusOK, object{}), true
	case FaultRedirect:
		return answer{status: http.StatusFound, header: http.Header{"Location": {loginPath}}}, true
	default:
		return answer{}, false
	}
}

// refusal returns a documented error of the request's cloud.
func (s *Sim) refusal(req *request, f Fault) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	req.id = requestID(req.cloud, s.serial)
	req.account = s.account(req.cloud, req.keyID)
	retry := f.Delay
	if retry == 0 {
		retry = defaultRetry
	}
	if req.cloud == Huawei {
		a := huaweiFault(req, f.Kind)
		if f.Kind == FaultThrottle && retry > 0 {
			seconds := (retry + time.Second - 1) / time.Second
			a.header.Set("Retry-After", strconv.Itoa(int(seconds)))
		}
		return a
	}
	a := alibabaFault(req, f.Kind)
	if f.Kind == FaultThrottle && retry > 0 {
		a.header.Set("X-Acs-Retry-After", strconv.FormatInt(retry.Milliseconds(), 10))
	}
	return a
}

// spoiled returns a with the fault done to its body.
func spoiled(kind FaultKind, a answer) answer {
	a.header = maps.Clone(a.header)
	switch kind {
	case FaultTruncated:
		body := a.bytes()
		a.raw = body[:len(body)/2]
	case FaultHugeBody:
		body := a.bytes()
		padding := `{"Padding":"` + strings.Repeat("x", hugeBody) + `",`
		a.raw = append([]byte(padding), bytes.TrimPrefix(body, []byte("{"))...)
	case FaultGzip:
		a.raw = compressed(a.bytes())
		a.header.Set("Content-Encoding", "gzip")
	default:
		spoilList(kind, a)
	}
	return a
}

func spoilList(kind FaultKind, a answer) {
	records, replace, ok := a.list()
	if !ok {
		return
	}
	body, _ := a.body.(object) // an answer with a list is an object
	total, counted := body[a.page.total].(int)
	switch {
	case kind == FaultNullList:
		replace(nil)
	case kind == FaultWrongTypeRecord:
		if len(records) == 0 {
			records = append(records, object{})
		}
		if first, isObject := records[0].(object); isObject {
			first[a.page.id] = object{"unexpected": "object"}
		}
		replace(records)
	case kind == FaultWrongTotal && counted:
		body[a.page.total] = total + 1000
	case kind == FaultLowTotal && counted:
		body[a.page.total] = 1
	}
}

func compressed(text []byte) []byte {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	_, err := zip.Write(text)
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		return nil // a Buffer takes every write
	}
	return buf.Bytes()
}

// half returns the answer as it stands on the wire, up to the middle of the body.
func (a answer) half() []byte {
	body := a.bytes()
	var wire bytes.Buffer
	wire.WriteString("HTTP/1.1 " + strconv.Itoa(a.status) + " " + http.StatusText(a.status) + "\r\n")
	for key, values := range a.header {
		for _, value := range values {
			wire.WriteString(key + ": " + value + "\r\n")
		}
	}
	wire.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n")
	wire.Write(body[:len(body)/2])
	return wire.Bytes()
}

// reset sends the given bytes, if any, and drops the connection: with a TCP reset when nothing was sent, and in an
// orderly way otherwise, as a reset may overtake them.
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
		_ = tcp.SetLinger(0) // without it the client sees an orderly end, which is nearly as bad
	}
	_, _ = conn.Write(wire) // who has left cannot be told
	_ = conn.Close()
}

func (o outcome) drip(a answer, pause time.Duration) {
	if pause == 0 {
		pause = defaultDrip
	}
	body := a.bytes()
	maps.Copy(o.w.Header(), a.header)
	o.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	o.w.WriteHeader(a.status)
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
