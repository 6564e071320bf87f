package huawei

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"

	"mongodb_backup_exporter/internal/backup"
)

// clearEnvironment removes everything that the default chain could find.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AK", "SK", "PROJECT_ID", "SECURITY_TOKEN", "IDP_ID", "ID_TOKEN_FILE", "CREDENTIALS_FILE"} {
		t.Setenv("HUAWEICLOUD_SDK_"+name, "")
	}
	t.Setenv("HOME", t.TempDir())
}

func TestDefaultChain(t *testing.T) {
	tests := []struct {
		name string
		set  func(t *testing.T)
	}{
		{"environment", func(t *testing.T) {
			t.Setenv("HUAWEICLOUD_SDK_AK", "AKCHAIN")
			t.Setenv("HUAWEICLOUD_SDK_SK", "sk")
			t.Setenv("HUAWEICLOUD_SDK_PROJECT_ID", testProject)
		}},
		{"profile", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "credentials")
			t.Setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file)
			if err := os.WriteFile(file, []byte("[basic]\nak = AKCHAIN\nsk = sk\nproject_id = "+testProject+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clearEnvironment(t)
			tt.set(t)
			f := newFake(t, map[string]http.HandlerFunc{"/instances": paged("instances")})
			s, _ := open(t, f.URL, func(o *Options) { o.Keys, o.ProjectID = nil, "" })
			if _, err := s.Instances(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := f.last().Header.Get("Authorization"); !strings.HasPrefix(got, "SDK-HMAC-SHA256 Access=AKCHAIN, ") {
				t.Errorf("authorization %q", got)
			}
			if f.count("/projects") != 0 {
				t.Error("IAM was asked for a project id that is configured")
			}
		})
	}
}

func TestDefaultChainWithoutCredentials(t *testing.T) {
	f := newFake(t, nil)
	s, _ := open(t, f.URL, nil)
	s.client.keys = newChain(time.Now, s.client.transport, func() (auth.ICredential, error) {
		return nil, errors.New("key-value delimiter not found: SECRET-LINE")
	})
	_, err := s.Instances(t.Context())
	const want = "ListInstances: auth: no credentials: neither the environment nor a profile file, the server's agency or the pod's identity gives credentials; " +
		"configure credentials for the account, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"
	if errorText(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// These keys live for less than 40 minutes, so that the SDK itself would renew them with each call.
func TestTemporaryCredentialsAreRenewedOnceAMinute(t *testing.T) {
	clearEnvironment(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("id-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	renewed := 0
	f := newFake(t, map[string]http.HandlerFunc{
		"/v3.0/OS-AUTH/id-token/tokens": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Subject-Token", "subject")
			send(201, `{"token":{"expires_at":"2026-11-23T08:50:35.000000Z"}}`)(w, r)
		},
		"/v3.0/OS-CREDENTIAL/securitytokens": func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			renewed++
			n := renewed
			mu.Unlock()
			send(201, fmt.Sprintf(`{"credential":{"access":"AK%d","secret":"s","securitytoken":"t","expires_at":"2020-01-08T03:50:07.574000Z"}}`, n))(w, r)
		},
		"/instances/" + testInstance + "/backups/policy": send(200, `{"backup_policy":{"keep_days":0}}`),
	})
	s, _ := open(t, f.URL, nil)
	clock := now
	s.client.keys = newChain(func() time.Time { return clock }, s.client.transport, func() (auth.ICredential, error) {
		return basic.NewCredentialsBuilder().WithIdpId("idp").WithIdTokenFile(token).WithIamEndpointOverride(f.URL).SafeBuild()
	})
	var asking sync.WaitGroup
	for range 16 {
		asking.Go(func() {
			if _, err := s.Policy(t.Context(), instanceNamed(testInstance)); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if renewed != 1 {
		t.Errorf("renewed %d times, want once for calls of one moment", renewed)
	}
	clock = clock.Add(time.Minute)
	if _, err := s.Policy(t.Context(), instanceNamed(testInstance)); err != nil || renewed != 2 {
		t.Errorf("a minute later: renewed %d times (%v), want twice", renewed, err)
	}
}

func TestRefusedCredentialsAreFoundAnew(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "Access=AKNEW,") {
			paged("instances")(w, r)
			return
		}
		send(401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: AK revoked"}`)(w, r)
	}})
	key := "AKOLD"
	s, _ := open(t, f.URL, nil)
	s.client.keys = newChain(time.Now, s.client.transport, func() (auth.ICredential, error) {
		return basic.NewCredentialsBuilder().WithAk(key).WithSk("sk").SafeBuild()
	})
	if _, err := s.Instances(t.Context()); backup.ClassOf(err) != backup.ClassAuth {
		t.Errorf("with the old key: %v, want class auth", err)
	}
	key = "AKNEW"
	if _, err := s.Instances(t.Context()); err != nil {
		t.Errorf("with the new key: %v", err)
	}
}

func TestWaitingForCredentialsEndsWithTheContext(t *testing.T) {
	c := newChain(time.Now, nil, nil)
	c.turn <- struct{}{} // somebody else is asking, for ever
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Credentials(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
