package alibaba

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"

	"mongodb_backup_exporter/internal/cloudcall"
)

// fakeChain gives numbered tokens. As the real one, it must not be asked by two at once.
type fakeChain struct {
	credentials.Credential
	asked  int
	takes  time.Duration
	broken error
	busy   bool
}

func (f *fakeChain) GetCredential() (*credentials.CredentialModel, error) {
	if f.busy {
		return nil, errors.New("asked by two at once")
	}
	f.busy = true
	time.Sleep(f.takes)
	f.busy = false
	f.asked++
	if f.broken != nil {
		return nil, f.broken
	}
	return &credentials.CredentialModel{AccessKeyId: new(fmt.Sprint("key-", f.asked)), SecurityToken: new("token")}, nil
}

// chainOf returns a chain on f and the number of times it was built.
func chainOf(f *fakeChain) (*chain, *int) {
	built := 0
	return newChain(time.Now, func() (credentials.Credential, error) {
		built++
		return f, nil
	}), &built
}

func wantKey(t *testing.T, c keySource, want string) {
	t.Helper()
	got, err := c.get(t.Context())
	if err != nil {
		t.Errorf("no key: %v", err)
		return
	}
	if id, _ := got.GetAccessKeyId(); tea.StringValue(id) != want {
		t.Errorf("key = %q, want %q", tea.StringValue(id), want)
	}
}

func TestChainIsAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeChain{takes: time.Second}
		c, built := chainOf(f)
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { wantKey(t, c, "key-1") })
		}
		callers.Wait()
		time.Sleep(58 * time.Second)
		wantKey(t, c, "key-1")
		time.Sleep(2 * time.Second)
		wantKey(t, c, "key-2")
		if f.asked != 2 || *built != 1 {
			t.Errorf("asked %d times, built %d times; want twice and once", f.asked, *built)
		}
	})
}

func TestChainKeepsWhatIsStillGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeChain{}
		c, built := chainOf(f)
		wantKey(t, c, "key-1")
		f.broken = errors.New("metadata service is down: http://100.100.100.200/token")
		time.Sleep(2 * time.Minute)
		wantKey(t, c, "key-1")
		time.Sleep(time.Minute)
		_, err := c.get(t.Context())
		if want := "no credentials: metadata service is down: (URL)"; err == nil || err.Error() != want {
			t.Errorf("three minutes later: %v, want %s", err, want)
		}
		f.broken = nil
		wantKey(t, c, "key-4")
		if *built != 3 {
			t.Errorf("built %d times, want anew after each failure", *built)
		}
	})
}

func TestChainForgetsRefusedCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, built := chainOf(&fakeChain{})
		wantKey(t, c, "key-1")
		c.doubt("Op", sdkError(403, "Forbidden.RAM", "x"))
		wantKey(t, c, "key-1")
		c.doubt("Op", sdkError(400, "InvalidSecurityToken.Expired", "x"))
		wantKey(t, c, "key-2")
		if *built != 2 {
			t.Errorf("built %d times, want twice", *built)
		}
	})
}

func TestWaitingForTheChainEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := chainOf(&fakeChain{takes: 30 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := c.get(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("%v after %v, want the deadline", err, time.Since(begin))
		}
		wantKey(t, c, "key-1") // the fetch went on
	})
}

func TestChainThatCannotBeBuilt(t *testing.T) {
	c := newChain(time.Now, func() (credentials.Credential, error) { return nil, errors.New("HOME is not set") })
	_, err := c.get(t.Context())
	want := &cloudcall.CredentialsError{Cause: errors.New("HOME is not set"), Hint: "give the account credentials, or make the SDK's default chain find some"}
	if got, ok := errors.AsType[*cloudcall.CredentialsError](err); !ok || got.Error() != want.Error() || got.Hint != want.Hint {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// The SDK's own chain, with what the environment gives.
func TestDefaultChain(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIenv")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "token")
	got, err := newKeySource(nil, time.Now).get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := got.GetAccessKeyId()
	secret, _ := got.GetAccessKeySecret()
	token, _ := got.GetSecurityToken()
	if tea.StringValue(id) != "LTAIenv" || tea.StringValue(secret) != "secret" || tea.StringValue(token) != "token" {
		t.Error("the keys are not those of the environment")
	}
}

func noCredentials(err error) bool {
	_, ok := errors.AsType[*cloudcall.CredentialsError](err)
	return ok
}

func TestConfiguredKeys(t *testing.T) {
	tests := []struct {
		name string
		keys cloudcall.Keys
		err  error
		kind string // of the SDK
		want string // the error
	}{
		{"permanent", cloudcall.Keys{AccessKeyID: "id", AccessKeySecret: "secret"}, nil, "access_key", ""},
		{"temporary", cloudcall.Keys{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"}, nil, "sts", ""},
		{"no id", cloudcall.Keys{AccessKeySecret: "secret"}, nil, "", "no credentials: the access key id or its secret is empty"},
		{"no secret", cloudcall.Keys{AccessKeyID: "id"}, nil, "", "no credentials: the access key id or its secret is empty"},
		{"unreadable", cloudcall.Keys{}, errors.New("open secret: no such file"), "", "no credentials: open secret: no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newKeySource(func() (cloudcall.Keys, error) { return tt.keys, tt.err }, time.Now).get(t.Context())
			if tt.want != "" {
				if err == nil || err.Error() != tt.want || !noCredentials(err) {
					t.Errorf("error = %v, want %s as a CredentialsError", err, tt.want)
				}
				return
			}
			if err != nil || tea.StringValue(got.GetType()) != tt.kind {
				t.Errorf("%v, type %q; want %q", err, tea.StringValue(got.GetType()), tt.kind)
			}
			if token, _ := got.GetSecurityToken(); tea.StringValue(token) != tt.keys.SecurityToken {
				t.Error("the security token is not the one configured")
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if text := fmt.Sprintf(verb, got); text != "<secret>" {
					t.Errorf("%s prints %q", verb, text)
				}
			}
		})
	}
}
