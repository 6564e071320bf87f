package huawei

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
)

const podKeys = `{"credentials":{"accessKeyId":"AKPOD","secretAccessKey":"s","securityToken":"t","expiration":"2020-01-08T03:50:07.574000Z"}}`

// pod serves keys to the SDK's provider for pods. The answer may change.
func pod(t *testing.T, answer *http.HandlerFunc) {
	t.Helper()
	clearEnvironment(t)
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*answer)(w, r) }))
	t.Cleanup(identity.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("POD-TOKEN"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HC_CONTAINER_CREDENTIALS_FULL_URI", identity.URL+"/?token=POD-TOKEN")
	t.Setenv("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)
}

// Keys are good for 40 minutes after the SDK begins to renew them.
func TestKeysAreUsedWhileTheirRenewalFails(t *testing.T) {
	answer := send(200, podKeys)
	pod(t, &answer)
	f := newFake(t, map[string]http.HandlerFunc{"/instances": paged("instances")})
	s, _ := open(t, f.URL, nil)
	clock, asked := now, 0
	s.client.keys = newChain(func() time.Time { return clock }, s.client.transport, provider.BasicCredentialPodIdentityProvider().GetCredentials)
	const refused = "ListInstances: auth: no credentials: temporary credentials cannot be renewed; " +
		"check what the default chain renews them from: the identity provider, the server's agency, or the pod's identity"
	fail := func(w http.ResponseWriter, r *http.Request) {
		asked++
		send(500, "rejected: "+r.Header.Get("Authorization"))(w, r)
	}
	steps := []struct {
		name  string
		do    func()
		err   string
		asked int // for new keys
	}{
		{"fresh", func() {}, "", 0},
		{"renewal fails", func() { clock, answer = clock.Add(time.Minute), fail }, "", 1},
		{"and is not tried with each call", func() {}, "", 0},
		{"but again a minute later", func() { clock = clock.Add(time.Minute) }, "", 1},
		{"an answer without keys makes the SDK panic", func() { clock, answer = clock.Add(27*time.Minute), send(200, "{}") }, "", 0},
		{"good for half an hour", func() { clock, answer = clock.Add(time.Minute), fail }, refused, 1},
		{"panics again, and no keys are held", func() { answer = send(200, "{}") }, refused, 0},
		{"works again", func() { answer = send(200, podKeys) }, "", 0},
	}
	for _, step := range steps {
		step.do()
		asked = 0
		_, err := s.Instances(t.Context())
		if errorText(err) != step.err || asked != step.asked {
			t.Errorf("%s: asked %d times for keys, want %d\ngot  %v\nwant %s", step.name, asked, step.asked, err, step.err)
		}
	}
}

func TestRefusedKeysAreNotUsedAgain(t *testing.T) {
	answer := send(200, podKeys)
	pod(t, &answer)
	f := newFake(t, map[string]http.HandlerFunc{"/instances": send(401, `{"error_code":"APIGW.0301","error_msg":"expired"}`)})
	s, _ := open(t, f.URL, nil)
	s.client.keys = newChain(time.Now, s.client.transport, provider.BasicCredentialPodIdentityProvider().GetCredentials)
	if _, err := s.Instances(t.Context()); !strings.HasPrefix(errorText(err), "ListInstances: auth APIGW.0301") {
		t.Errorf("got %v, want the cloud's refusal", err)
	}
	answer = send(500, "POD-TOKEN")
	const none = "ListInstances: auth: no credentials: neither the environment nor"
	if _, err := s.Instances(t.Context()); !strings.HasPrefix(errorText(err), none) || f.count("/instances") != 1 {
		t.Errorf("got %v after %d calls, want %s… after one", err, f.count("/instances"), none)
	}
}

func TestDefaultChainThatPanics(t *testing.T) {
	answer := send(200, "{}")
	pod(t, &answer)
	s, _ := open(t, "http://127.0.0.1:1", nil)
	s.client.keys = newChain(time.Now, s.client.transport, provider.BasicCredentialPodIdentityProvider().GetCredentials)
	const want = "ListInstances: auth: no credentials: neither the environment nor a profile file, the server's agency or the pod's identity gives credentials; " +
		"configure credentials for the account, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"
	if _, err := s.Instances(t.Context()); errorText(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// The error of a renewal that never worked shows nothing of IAM's answer.
func TestFailedRenewal(t *testing.T) {
	const failed = "temporary credentials cannot be renewed"
	const check = " [request id rid-1]; check what the default chain renews them from: the identity provider, the server's agency, or the pod's identity"
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{
			"expired token", send(401, `{"error":{"code":401,"message":"id-token SECRET is expired","title":"Unauthorized"}}`),
			"ListInstances: auth (HTTP 401): no credentials: " + failed + check,
		},
		{"refused", send(403, `{"error_code":"IAM.1","error_msg":"SECRET"}`), "ListInstances: auth (HTTP 403): no credentials: " + failed + check},
		{"of another form", send(201, `{"token":"SECRET"}`), "ListInstances: auth (HTTP 201): no credentials: " + failed + check},
		{
			"overload", send(503, `{"error_code":"IAM.2","error_msg":"SECRET"}`),
			"ListInstances: server (HTTP 503): " + failed + ": HTTP status 503 [request id rid-1]",
		},
		{"a proxy", send(502, "<html>SECRET"), "ListInstances: server (HTTP 502): " + failed + ": HTTP status 502 [request id rid-1]"},
		{"a broken connection", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, "ListInstances: network: " + failed},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(conn, "SECRET\r\n\r\n")
				_ = conn.Close()
			}
		}, "ListInstances: protocol: the answer is no HTTP: malformed HTTP response; this is not the cloud's API: check the endpoint, and any proxy on the way"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("id-token SECRET"), 0o600); err != nil {
				t.Fatal(err)
			}
			f := newFake(t, map[string]http.HandlerFunc{"/v3.0/OS-AUTH/id-token/tokens": tt.answer})
			s, _ := open(t, f.URL, nil)
			s.client.keys = newChain(time.Now, s.client.transport, func() (auth.ICredential, error) {
				return basic.NewCredentialsBuilder().WithIdpId("idp").WithIdTokenFile(token).WithIamEndpointOverride(f.URL).SafeBuild()
			})
			if _, err := s.Instances(t.Context()); errorText(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
