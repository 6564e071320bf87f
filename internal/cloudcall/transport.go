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

// MaxBody is the size of the largest answer that is read: 8 MiB after decompression. A page of 100 records has 0.07 MB.
const MaxBody = 8 << 20

// The answer of a failure has a code and a sentence. SDKs decode all of it, to maps that take many times its size.
const maxFailureBody = 64 << 10

// maxHeader is how many bytes the header of an answer may have.
const maxHeader = 64 << 10

// NewTransport returns the HTTP transport for all calls of one account. It uses the proxy that the environment names
// now. It keeps up to concurrency idle connections, and closes them when they are not used for 90 s. Every Transport
// has its own pool of connections, so that one should be made for each account and kept.
func NewTransport(concurrency int) *Transport {
	base := http.DefaultTransport.(*http.Transport).Clone() // net/http documents the type
	proxy := httpproxy.FromEnvironment().ProxyFunc()
	base.Proxy = func(r *http.Request) (*url.URL, error) { return proxy(r.URL) }
	base.OnProxyConnectResponse = refusedByProxy
	// net/http continues a dial after the call that needed it was cancelled. The timeout limits how many such dials run.
	base.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	base.MaxIdleConns = 0
	base.MaxIdleConnsPerHost = max(2, concurrency)
	base.IdleConnTimeout = 90 * time.Second
	base.MaxResponseHeaderBytes = maxHeader
	// HTTP/1.1 only: a call that times out closes its connection. With HTTP/2 a dead connection would be used again.
	base.ForceAttemptHTTP2 = false
	base.Protocols = new(http.Protocols)
	base.Protocols.SetHTTP1(true)
	return &Transport{base: base}
}

// ProxyError is that the proxy of the environment did not open a connection to the cloud.
type ProxyError struct{ Status int }

// Error returns the status.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy did not connect to the cloud: HTTP status %d", e.Status)
}

// refusedByProxy makes an error of a proxy's refusal, which net/http would return as a bare text such as "Forbidden".
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{answer.StatusCode}
}

// Transport is an http.RoundTripper for the APIs of clouds. It is safe for concurrent use.
type Transport struct {
	base    *http.Transport
	buffers sync.Pool // of *bytes.Buffer, for answers whose length is not in the header
}

// CloseIdleConnections closes the connections that no call uses.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// Dial opens a connection to an address, such as "10.0.0.1:443".
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// DialWith makes the transport open its connections with dial instead of the network's own. It must be called before the
// first request.
func (t *Transport) DialWith(dial Dial) { t.base.DialContext = dial }

// RoundTrip sends the request, reads the whole answer within the request's context, and returns it with its body in
// memory: a reader with the method Bytes() []byte. The header says that it is JSON. An answer that is no HTTP or not a JSON
// object is an [*AnswerError]. So is a redirect: it is never followed, because it could send a session token to another host.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding") // the base asks for gzip itself and decompresses the answer
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		if problem := malformedHead(err); problem != "" {
			return nil, &AnswerError{Problem: problem}
		}
		return nil, err
	}
	defer resp.Body.Close()
	head, proven := newAnswerHead(resp), arrived(r.Context(), resp.Header)
	head.storeIn(r.Context())
	body, problem, err := t.read(resp)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return nil, &AnswerError{
			Status: head.status, RequestID: head.requestID, RetryAfter: head.retryAfter,
			ContentType: headerText(resp.Header.Get("Content-Type"), longestType), Problem: problem,
		}
	}
	proven()
	resp.Header.Set("Content-Type", "application/json") // SDKs choose a decoder by this, and it is known to be JSON
	resp.Body = bufferedBody{bytes.NewBuffer(body)}
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// longestType is how many bytes of a content type an error shows.
const longestType = 80

// bufferedBody is a body in memory.
type bufferedBody struct{ *bytes.Buffer }

// Close does nothing: the body is in memory.
func (bufferedBody) Close() error { return nil }

// ReadBody reads a body. It does not copy a body that [Transport] returned, which is in memory already.
func ReadBody(body io.Reader) ([]byte, error) {
	if read, ok := body.(interface{ Bytes() []byte }); ok {
		return read.Bytes(), nil
	}
	return io.ReadAll(body)
}

// largest returns how many bytes the body of an answer may have.
func largest(status int) int64 {
	if status >= http.StatusBadRequest {
		return maxFailureBody
	}
	return MaxBody
}

// read reads the body of an answer, and says what is wrong with it; "": it looks like a JSON object. The error is one of
// the connection.
func (t *Transport) read(resp *http.Response) (body []byte, problem string, err error) {
	body, err = t.readAll(resp)
	if err == nil {
		return body, notJSON(resp.StatusCode, body), nil
	}
	if problem = malformedBody(err); problem != "" {
		return nil, problem, nil
	}
	return nil, "", err
}

// readAll reads at most one byte more than the largest body.
func (t *Transport) readAll(resp *http.Response) ([]byte, error) {
	most := largest(resp.StatusCode)
	limited := io.LimitReader(resp.Body, most+1)
	if n := resp.ContentLength; n > 0 && n <= most {
		body := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
		_, err := body.ReadFrom(limited)
		return body.Bytes(), err
	}
	buffer, ok := t.buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	buffer.Reset()
	_, err := buffer.ReadFrom(limited)
	if buffer.Cap() > largestKept {
		return buffer.Bytes(), err
	}
	defer t.buffers.Put(buffer)
	return bytes.Clone(buffer.Bytes()), err
}

// largestKept is the capacity of the largest buffer that is kept for other answers.
const largestKept = 1 << 20

// notJSON returns what is wrong with an answer; "" when it looks like a JSON object. It parses the answers of failures,
// because SDKs lose the HTTP status of failures that they cannot parse.
func notJSON(status int, body []byte) string {
	if most := largest(status); int64(len(body)) > most {
		return fmt.Sprintf("the answer is larger than %d bytes", most)
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

// WithContext returns a transport that binds every request to ctx, for SDKs whose calls take no context.
func WithContext(ctx context.Context, next http.RoundTripper) http.RoundTripper {
	return boundTransport{ctx, next}
}

type boundTransport struct {
	ctx  context.Context //nolint:containedctx // the type's only job is to pass a context through an SDK
	next http.RoundTripper
}

// RoundTrip sends the request with the context.
func (b boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}
