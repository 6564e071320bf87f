package alibaba

import (
	"fmt"
	"testing"
	"time"

	"github.com/alibabacloud-go/tea/tea"

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
			got, err := newKeySource(func() (cloudcall.Keys, error) { return tt.keys, nil }, time.Now).Credentials(t.Context())
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
