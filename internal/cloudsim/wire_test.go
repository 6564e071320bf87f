package cloudsim_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// onServer sends the request to s over TCP and returns header and body of the answer as received.
func onServer(t *testing.T, s *cloudsim.Sim, r *http.Request) (header http.Header, body string, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	r = r.Clone(t.Context())
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", at.Host // the signed Host header stays
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.Header, string(text), errors.Join(err, resp.Body.Close())
}

func TestFaultsOnTheWire(t *testing.T) {
	good, _ := simtest.New(simtest.Fleet())
	whole := simtest.CallAlibaba(t, good, "DescribeBackups", "DBInstanceId", "dds-set").Text
	fault := func(t *testing.T, f cloudsim.Fault) (http.Header, string, error) {
		t.Helper()
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(f)
		return onServer(t, s, simtest.ACS3Request("DescribeBackups", simtest.Query("DBInstanceId", "dds-set")))
	}

	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultTruncated}); err != nil || body != whole[:len(whole)/2] {
		t.Errorf("truncated: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultCut}); !errors.Is(err, io.ErrUnexpectedEOF) || body != whole[:len(whole)/2] {
		t.Errorf("cut: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, _, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultReset}); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("reset: %v", err)
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultResetBody}); !errors.Is(err, syscall.ECONNRESET) || len(body) > len(whole)/2 {
		t.Errorf("reset in the body: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, _, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultClose}); !errors.Is(err, io.EOF) {
		t.Errorf("close: %v", err)
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultShortLength}); err != nil || body != whole[:len(whole)/2] {
		t.Errorf("short length: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultLongLength}); !errors.Is(err, io.ErrUnexpectedEOF) || body != whole {
		t.Errorf("long length: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultDrip, Delay: time.Nanosecond}); err != nil || body != whole {
		t.Errorf("drip: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultLatency, Delay: time.Nanosecond}); err != nil || body != whole {
		t.Errorf("latency: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultHugeBody}); err != nil || len(body) < 8<<20 || !json.Valid([]byte(body)) {
		t.Errorf("huge: %v, %d bytes", err, len(body))
	}
}

func TestHangEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := simtest.New(simtest.Fleet())
		remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultHang})
		hang := func(ctx context.Context) *atomic.Bool {
			var done atomic.Bool
			go func() {
				s.ServeHTTP(httptest.NewRecorder(), simtest.ACS3Request("DescribeRegions", nil).WithContext(ctx))
				done.Store(true)
			}()
			synctest.Wait()
			return &done
		}
		ctx, leave := context.WithCancel(t.Context())
		first, second := hang(ctx), hang(t.Context())
		if first.Load() || second.Load() {
			t.Fatal("a call is answered at once")
		}
		leave()
		synctest.Wait()
		if !first.Load() || second.Load() {
			t.Errorf("the client left: first over %t, second over %t", first.Load(), second.Load())
		}
		remove()
		synctest.Wait()
		if !second.Load() {
			t.Error("the call hangs although the fault is removed")
		}
		for _, call := range s.Calls() {
			if call.Status != 0 {
				t.Errorf("status %d for a call without an answer", call.Status)
			}
		}
	})
}

func TestLatencyAndDripTakeTime(t *testing.T) {
	for kind, want := range map[cloudsim.FaultKind]time.Duration{cloudsim.FaultLatency: 3 * time.Second, cloudsim.FaultDrip: 21 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := simtest.New(fleet.Fleet{Accounts: []fleet.Account{{Cloud: fleet.Alibaba, AccessKeyID: simtest.AlibabaKey, AccessKeySecret: simtest.AlibabaSecret}}})
			s.Inject(cloudsim.Fault{Kind: kind, Delay: 3 * time.Second})
			before := time.Now()
			simtest.CallAlibaba(t, s, "DescribeDBInstances")
			if got := time.Since(before).Truncate(3 * time.Second); got != want {
				t.Errorf("%s takes %s, want %s", kind, got, want)
			}
		})
	}
}

// TestHangingBody: half of the body comes, and nothing more until the fault is removed.
func TestHangingBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := simtest.New(simtest.Fleet())
		whole := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set").Text
		remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultHangBody})
		listener := make(pipes, 1)
		server := &http.Server{Handler: s}
		defer server.Close()
		go func() { _ = server.Serve(listener) }()
		client, far := net.Pipe()
		defer client.Close()
		listener <- far

		r := simtest.ACS3Request("DescribeBackups", simtest.Query("DBInstanceId", "dds-set"))
		if err := r.Write(client); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), r) //nolint:bodyclose // closed below; the linter does not see through the goroutine
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		half := make([]byte, len(whole)/2)
		if _, err := io.ReadFull(resp.Body, half); err != nil || string(half) != whole[:len(whole)/2] {
			t.Errorf("half of the body: %v, %s", err, half)
		}
		var ended atomic.Bool
		go func() {
			if more, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("after the fault the body goes on with %q", more)
			}
			ended.Store(true)
		}()
		time.Sleep(time.Hour)
		if ended.Load() {
			t.Error("the body ends under the fault")
		}
		remove()
		synctest.Wait()
		if !ended.Load() {
			t.Error("the body hangs although the fault is removed")
		}
	})
}
