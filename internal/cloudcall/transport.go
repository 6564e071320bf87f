package cloudcall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// MaxBody is the largest answer that is read: 8 MiB, after decompression. A page of 100 records takes 0.07 MB.
const MaxBody = 8 << 20

// NewTransport returns the HTTP transport for all calls of one account: it honours the proxy settings that the
// environment has now, keeps a connection per call in flight and drops idle ones, hands out whole JSON objects and
// turns everything else into an [*AnswerError]. Make one and keep it: each has its own pool of connections.
func NewTransport(concurrency int) *Transport {
	base := http.DefaultTransport.(*http.Transport).Clone() // net/http documents the type
	proxy := httpproxy.FromEnvironment().ProxyFunc()
	base.Proxy = func(r *http.Request) (*url.URL, error) { return proxy(r.URL) }
	// net/http lets a dial go on after the call that wanted it gave up. This bounds how many pile up.
	base.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	base.MaxIdleConns = 0
	base.MaxIdleConnsPerHost = max(2, concurrency)
	base.IdleConnTimeout = 90 * time.Second
	// HTTP/1.1 alone: a call that times out closes its connection, where HTTP/2 would go on using a dead one.
	base.ForceAttemptHTTP2 = false
	base.Protocols = new(http.Protocols)
	base.Protocols.SetHTTP1(true)
	return &Transport{base: base}
}

// Transport is an http.RoundTripper for the APIs of clouds. It is safe for concurrent use.
type Transport struct {
	base    *http.Transport
	buffers sync.Pool // of *bytes.Buffer, for answers whose length was not announced
}

// CloseIdleConnections closes the connections that no call uses.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip sends the request, reads the whole answer within the request's context, and returns it with its body in
// memory: a reader with the method Bytes() []byte. An answer that is not a JSON object is an [*AnswerError]; so is a
// redirect, which is never followed because it would carry a session token to wherever it leads.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding") // so that the base asks for gzip itself and decompresses what it gets
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	said := newAnswer(resp)
	said.keepIn(r.Context())
	body, err := t.readAll(resp)
	if err != nil {
		return nil, err
	}
	if problem := notJSON(resp.StatusCode, body); problem != "" {
		return nil, &AnswerError{
			Status: said.status, RequestID: said.requestID, RetryAfter: said.retryAfter,
			ContentType: resp.Header.Get("Content-Type"), Problem: problem,
		}
	}
	resp.Body = memory{bytes.NewBuffer(body)}
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// memory is a body that has been read.
type memory struct{ *bytes.Buffer }

func (memory) Close() error { return nil }

// ReadBody reads a body; one that [Transport] handed out is in memory already, and not copied.
func ReadBody(body io.Reader) ([]byte, error) {
	if read, ok := body.(interface{ Bytes() []byte }); ok {
		return read.Bytes(), nil
	}
	return io.ReadAll(body)
}

// readAll reads one byte more than MaxBody at most.
func (t *Transport) readAll(resp *http.Response) ([]byte, error) {
	limited := io.LimitReader(resp.Body, MaxBody+1)
	if n := resp.ContentLength; n > 0 && n <= MaxBody {
		body := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
		_, err := body.ReadFrom(limited)
		return body.Bytes(), err
	}
	buffer, ok := t.buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	defer t.buffers.Put(buffer)
	buffer.Reset()
	_, err := buffer.ReadFrom(limited)
	return bytes.Clone(buffer.Bytes()), err
}

// notJSON says what is wrong with an answer; "" when it may be a JSON object. Only the answers of failures are parsed
// to the end here, because SDKs lose the status of those that they cannot parse.
func notJSON(status int, body []byte) string {
	if len(body) > MaxBody {
		return fmt.Sprintf("the answer is larger than %d bytes", MaxBody)
	}
	body = bytes.TrimSpace(body)
	switch {
	case status >= 300 && status < 400:
		return "the answer is a redirect"
	case len(body) == 0:
		return "the answer is empty"
	case body[0] != '{':
		return "the answer is not a JSON object"
	case body[len(body)-1] != '}', status >= http.StatusBadRequest && !json.Valid(body):
		return "the answer is not valid JSON"
	}
	return ""
}

// WithContext returns next with every request bound to ctx, for SDKs whose calls take no context.
func WithContext(ctx context.Context, next http.RoundTripper) http.RoundTripper {
	return boundTransport{ctx, next}
}

type boundTransport struct {
	ctx  context.Context //nolint:containedctx // this type exists to carry it into an SDK that takes none
	next http.RoundTripper
}

func (b boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}
