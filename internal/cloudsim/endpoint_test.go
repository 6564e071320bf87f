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
	return resp.Body.Close()
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

func TestSlowAccept(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	client := endpoint(t, s, cloudsim.Endpoint{})
	const delay = 50 * time.Millisecond
	remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultSlowAccept, Delay: delay})
	begun := time.Now()
	if err := call(t, client); err != nil || time.Since(begun) < delay {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	remove()
	remove = s.Inject(cloudsim.Fault{Kind: cloudsim.FaultSlowAccept}) // for a minute
	ended := make(chan error)
	go func() { ended <- call(t, client) }()
	remove()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("removed while a client waits: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the client waits although the fault is removed")
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
