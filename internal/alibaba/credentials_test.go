package alibaba

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

func TestConfiguredKeys(t *testing.T) {
	tests := []struct {
		name string
		keys cloudcall.Keys
		kind string // of the SDK
	}{
		{"permanent", cloudcall.Keys{AccessKeyID: "id", AccessKeySecret: "secret"}, "access_key"},
		{"temporary", cloudcall.Keys{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"}, "sts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := baseKeySource(Options{Keys: func() (cloudcall.Keys, error) { return tt.keys, nil }, Now: time.Now}).Credentials(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			id, _ := got.GetAccessKeyId()
			secret, _ := got.GetAccessKeySecret()
			token, _ := got.GetSecurityToken()
			same := tea.StringValue(id) == "id" && tea.StringValue(secret) == "secret" && tea.StringValue(token) == tt.keys.SecurityToken
			if kind := tea.StringValue(got.GetType()); kind != tt.kind || !same {
				t.Errorf("type %q, the configured keys: %v; want %q and true", kind, same, tt.kind)
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if text := fmt.Sprintf(verb, got); text != "<secret>" {
					t.Errorf("%s prints %q", verb, text)
				}
			}
		})
	}
}

// The error of a refused call ends the use of a chain's credentials, in whatever form it comes.
func TestRefused(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"refused", sdkError(403, "InvalidAccessKeyId.NotFound", "x"), true},
		{"refused with HTTP 200", (fault{Code: wire.Scalar{Text: "InvalidSecurityToken.Expired", Kind: wire.String}}).failure("Op", 200), true},
		{"no permission", sdkError(403, "Forbidden.RAM", "x"), false},
		{"throttled with HTTP 200", (fault{Code: wire.Scalar{Text: "Throttling", Kind: wire.String}}).failure("Op", 200), false},
		{"no answer", fmt.Errorf("connection reset"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := refused(tt.err); got != tt.want {
				t.Errorf("refused = %v, want %v", got, tt.want)
			}
		})
	}
}

// recorder gives the same key always, and keeps the errors.
type recorder struct{ invalid []error }

func (r *recorder) Credentials(context.Context) (key, error) {
	return newKey(cloudcall.Keys{AccessKeyID: "id", AccessKeySecret: "secret"}), nil
}

func (r *recorder) Invalidate(err error) { r.invalid = append(r.invalid, err) }

// The source of the credentials receives every failure, whatever the HTTP status.
func TestFailuresReachTheSourceOfTheCredentials(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		refused []bool // the failures that arrive, and whether they are refusals
	}{
		{"success", 200, `{"PreferredBackupPeriod":"Monday"}`, nil},
		{"refused", 403, `{"Code":"InvalidAccessKeyId.NotFound","Message":"x"}`, []bool{true}},
		{"refused with HTTP 200", 200, `{"Code":"InvalidSecurityToken.Expired","Message":"x"}`, []bool{true}},
		{"no permission", 403, `{"Code":"Forbidden.RAM","Message":"x"}`, []bool{false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			transport := cloudcall.NewTransport(1)
			defer transport.CloseIdleConnections()
			s, err := New(Options{
				Region: "cn-hangzhou", Endpoint: server.URL, Transport: transport, Now: time.Now,
				Caller: cloudcall.New(cloudcall.Options{Observer: silent{}, Now: time.Now, Classify: Classify, MaxAttempts: 1}),
			})
			if err != nil {
				t.Fatal(err)
			}
			r := &recorder{}
			s.keys = r
			_, _ = s.Policy(t.Context(), backup.Instance{}) // the failure is what the recorder has
			var got []bool
			for _, err := range r.invalid {
				got = append(got, refused(err))
			}
			if diff := cmp.Diff(tt.refused, got); diff != "" {
				t.Errorf("failures %v, refusals (-want +got):\n%s", r.invalid, diff)
			}
		})
	}
}
