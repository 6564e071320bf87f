package cloudsim_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

const endpointHost = "mongodb.example"

// endpoint serves the simulation at an endpoint with TLS, and returns a client that trusts its authority.
func endpoint(t *testing.T, s *cloudsim.Sim, at cloudsim.Endpoint) *http.Client {
	t.Helper()
	authority, err := cloudsim.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	address := server.Listener.Addr().String()
	at.Authority, at.Host = authority, endpointHost
	if server.Listener, err = s.Listen(server.Listener, at); err != nil {
		t.Fatal(err)
	}
	server.Config.ErrorLog = quiet()
	server.Start()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func call(t *testing.T, client *http.Client) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+endpointHost+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body) // to the end, so that the connection is kept
	return errors.Join(err, resp.Body.Close())
}

func TestFaultsOfEndpoints(t *testing.T) {
	for _, tc := range []struct {
		kind  cloudsim.FaultKind
		wrong func(error) bool
	}{
		{cloudsim.FaultWrongCertificate, func(err error) bool {
			_, ok := errors.AsType[x509.HostnameError](err)
			return ok
		}},
		{cloudsim.FaultExpiredCertificate, func(err error) bool {
			invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
			return ok && invalid.Reason == x509.Expired
		}},
		{cloudsim.FaultPlainHTTP, func(err error) bool {
			return err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
		}},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			client := endpoint(t, s, cloudsim.Endpoint{})
			if err := call(t, client); err != nil {
				t.Fatalf("before the fault: %v", err)
			}
			remove := s.Inject(cloudsim.Fault{Kind: tc.kind}) // it closes the connection that the client keeps
			if err := call(t, client); !tc.wrong(err) {
				t.Errorf("under the fault: %v", err)
			}
			remove()
			if err := call(t, client); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

// pipes is a listener for one end of each pipe.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }
func (pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestSlowAccept states when the first read of a connection returns: after the delay, or when the fault is removed or
// the connection closed.
func TestSlowAccept(t *testing.T) {
	const delay = 3 * time.Second
	for _, tc := range []struct {
		name  string
		delay time.Duration
		end   func(remove func(), conn net.Conn) // after a second
		want  time.Duration
	}{
		{"after the delay", delay, func(func(), net.Conn) {}, delay},
		{"after a minute", 0, func(func(), net.Conn) {}, time.Minute},
		{"the fault is removed", delay, func(remove func(), _ net.Conn) { remove() }, time.Second},
		{"the connection is closed", delay, func(_ func(), conn net.Conn) { _ = conn.Close() }, time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := simtest.New(simtest.Fleet())
				remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultSlowAccept, Delay: tc.delay})
				listener := make(pipes, 1)
				l, err := s.Listen(listener, cloudsim.Endpoint{})
				if err != nil {
					t.Fatal(err)
				}
				client, server := net.Pipe()
				defer client.Close()
				listener <- server
				conn, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, _ = client.Write([]byte("GET / HTTP/1.1")) }()
				time.AfterFunc(time.Second, func() { tc.end(remove, conn) })
				begun := time.Now()
				_, _ = conn.Read(make([]byte, 100)) // of a closed connection, an error
				if got := time.Since(begun); got != tc.want {
					t.Errorf("the first read takes %v, want %v", got, tc.want)
				}
				time.Sleep(time.Second) // until end has run
			})
		})
	}
}

// TestEndpointsOfOthers: a fault that names somebody else's cloud, region or key does not affect an endpoint, nor does
// one that names an operation.
func TestEndpointsOfOthers(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	client := endpoint(t, s, cloudsim.Endpoint{Cloud: fleet.Alibaba, Region: "cn-hangzhou", AccessKeyID: simtest.AlibabaKey})
	for _, f := range []cloudsim.Fault{
		{Cloud: fleet.Huawei}, {Region: "cn-beijing"}, {AccessKeyID: "another"}, {Operation: "DescribeBackups"}, {InstanceID: "dds-set"},
	} {
		f.Kind = cloudsim.FaultPlainHTTP
		s.Inject(f)
	}
	if err := call(t, client); err != nil {
		t.Errorf("faults of others: %v", err)
	}
	s.Inject(cloudsim.Fault{Cloud: fleet.Alibaba, Region: "cn-hangzhou", AccessKeyID: simtest.AlibabaKey, Kind: cloudsim.FaultPlainHTTP})
	if err := call(t, client); err == nil {
		t.Error("its own fault does not affect the endpoint")
	}
}

func TestProjectsHaveTheRegionOfTheirName(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	s.Inject(cloudsim.Fault{Region: "cn-north-4", Kind: cloudsim.FaultServerError})
	if got := simtest.GetHuawei(t, s, "/v3/projects", "name", "cn-north-4"); got.Status != 500 {
		t.Errorf("the fault of the region does not hit: %s", got.Text)
	}
	if got := simtest.GetHuawei(t, s, "/v3/projects", "name", "cn-east-3"); got.Status != 200 {
		t.Errorf("the fault of another region hits: %s", got.Text)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
