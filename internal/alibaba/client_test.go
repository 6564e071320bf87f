package alibaba_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestTemporaryCredentials(t *testing.T) {
	fleet := sourcetest.Fleet(provider())
	fleet.Accounts[0].SecurityToken = "sts-token"
	now := func() time.Time { return sourcetest.Now }
	sim := cloudsim.New(cloudsim.Options{Fleet: fleet, Now: now, WallNow: time.Now})
	for token, want := range map[string]backup.Class{"sts-token": "", "other": backup.ClassAuth} {
		b := on(t, sim, func(o *alibaba.Options) {
			o.Keys = func() (cloudcall.Keys, error) {
				return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "suite-secret", SecurityToken: token}, nil
			}
		})
		if _, err := b.Instances(t.Context()); backup.ClassOf(err) != want {
			t.Errorf("token %q: %v, want class %q", token, err, want)
		}
	}
}

// The cloud answers a wrong signature with the string that it signed itself, which holds the token of temporary credentials.
func TestRefusedSignatureShowsNothingOfTheRequest(t *testing.T) {
	for _, code := range []string{"SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId.NotFound", "InvalidSecurityToken.Malformed"} {
		t.Run(code, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"Code":%q,"RequestId":"R-1","Message":"Specified signature is not matched with our calculation. server string to sign is:%s&SecurityToken=%s %s"}`,
					code, r.Method, r.Header.Get("X-Acs-Security-Token"), "LTAIsuite")
			}), func(o *alibaba.Options) {
				o.Keys = func() (cloudcall.Keys, error) {
					return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "suite-secret", SecurityToken: "sts-token"}, nil
				}
			})
			_, err := b.Instances(t.Context())
			if want := "DescribeDBInstances: auth " + code + " (HTTP 400) [request id R-1]; "; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s…", err, want)
			}
			for _, secret := range []string{"sts-token", "LTAI", "sign is"} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
					t.Errorf("the error shows %q: %v", secret, err)
				}
			}
		})
	}
}

func TestRotatedKeysTakeEffect(t *testing.T) {
	secret, unreadable := "old", error(nil)
	_, b := simulate(t, cloudsim.Variants{}, func(*fleet.Fleet) {})
	sim := cloudsim.New(cloudsim.Options{Fleet: sourcetest.Fleet(provider()), Now: b.now, WallNow: time.Now})
	b = on(t, sim, func(o *alibaba.Options) {
		o.Keys = func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: secret}, unreadable
		}
	})
	_, err := b.Instances(t.Context())
	if want := "DescribeDBInstances: auth SignatureDoesNotMatch (HTTP 400)"; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "LTAI") {
		t.Errorf("error = %v, want %s…", err, want)
	}
	secret = "suite-secret"
	if _, err := b.Instances(t.Context()); err != nil {
		t.Error(err)
	}
	unreadable = errors.New("open secret: no such file")
	if _, err := b.Instances(t.Context()); backup.ClassOf(err) != backup.ClassAuth || !strings.Contains(err.Error(), "open secret: no such file") {
		t.Errorf("error = %v, want class auth and why", err)
	}
}

func TestRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://user:password@127.0.0.1:1") // the SDK believes that it goes for loopback too
	var got *http.Request
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = io.WriteString(w, `{"Backups":{"Backup":[]}}`)
	}))
	in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet}
	if _, err := b.Backups(t.Context(), in, "", since()); err != nil {
		t.Fatal(err)
	}
	want := "POST /?DBInstanceId=dds-1&EndTime=2026-01-15T10%3A31Z&PageNumber=1&PageSize=100&RegionId=cn-hangzhou&StartTime=2026-01-07T10%3A30Z"
	if line := got.Method + " " + got.URL.String(); line != want {
		t.Errorf("request = %s, want %s", line, want)
	}
	for name, want := range map[string]string{"X-Acs-Action": "DescribeBackups", "X-Acs-Version": "2015-12-01", "Proxy-Authorization": "", "X-Idempotency-Key": ""} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("header %s = %q, want %q", name, value, want)
		}
	}
	if !strings.HasSuffix(got.UserAgent(), " mongodb_backup_exporter") {
		t.Errorf("user agent = %q", got.UserAgent())
	}
}

func TestNew(t *testing.T) {
	tests := []struct{ endpoint, want string }{
		{"", ""},
		{"mongodb-vpc.cn-hangzhou.aliyuncs.com", ""},
		{"127.0.0.1:8080", ""},
		{"http://127.0.0.1:8080/", ""},
		{"https://[::1]:8443", ""},
		{"ftp://host", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://host/path", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://user:secret@host", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://host?a=b", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://", "endpoint: must be a host, or an http or https URL without a path"},
		{"host:port:port", "endpoint: must be a host, or an http or https URL without a path"},
	}
	for _, tt := range tests {
		t.Run(tt.endpoint, func(t *testing.T) {
			_, err := alibaba.New(alibaba.Options{Account: "prod", Region: "cn-hangzhou", Endpoint: tt.endpoint, Now: time.Now})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEndpointOfTheRegion(t *testing.T) {
	var host string
	refuse := roundTripper(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Scheme + "://" + r.URL.Host
		return nil, errors.New("no network")
	})
	b := on(t, http.NotFoundHandler(), func(o *alibaba.Options) {
		o.Endpoint, o.Region, o.Transport = "", "cn-hongkong", refuse
	})
	_, err := b.Instances(t.Context())
	if want := "https://mongodb.cn-hongkong.aliyuncs.com"; host != want || backup.ClassOf(err) != backup.ClassNetwork {
		t.Errorf("asked %q with %v, want %s", host, err, want)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
