package alibaba

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"

	"mongodb_backup_exporter/internal/cloudcall"
)

// fakeChain gives numbered keys. Like the real chain, it must not be asked by two callers at once.
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

// chainOf returns a chain on f, and counts how often it is built.
func chainOf(f *fakeChain) (*chain, *int) {
	built := 0
	return newChain(time.Now, func() (credentials.Credential, error) {
		built++
		return f, nil
	}), &built
}

func wantKey(t *testing.T, c cloudcall.CredentialSource[key], want string) {
	t.Helper()
	got, err := c.Credentials(t.Context())
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

func TestChainKeepsCredentialsThatAreStillGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeChain{}
		c, built := chainOf(f)
		wantKey(t, c, "key-1")
		f.broken = errors.New("metadata service is down: http://100.100.100.200/token")
		time.Sleep(2 * time.Minute)
		wantKey(t, c, "key-1")
		time.Sleep(time.Minute)
		_, err := c.Credentials(t.Context())
		if err == nil || err.Error() != noneFound().Error() {
			t.Errorf("three minutes later: %v, want %v", err, noneFound())
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
		c.Invalidate(sdkError(403, "Forbidden.RAM", "x"))
		wantKey(t, c, "key-1")
		c.Invalidate(sdkError(400, "InvalidSecurityToken.Expired", "x"))
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
		if _, err := c.Credentials(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("%v after %v, want the deadline", err, time.Since(begin))
		}
		wantKey(t, c, "key-1") // the fetch went on
	})
}

const noneFoundText = "DescribeBackups: auth: no credentials: neither the environment nor OIDC, a profile file, the server's RAM role or " +
	"ALIBABA_CLOUD_CREDENTIALS_URI gives credentials; configure credentials for the account, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"

// describe makes a call with the credentials of a source, and returns the text of the error.
func describe(t *testing.T, source cloudcall.CredentialSource[key]) string {
	t.Helper()
	caller := cloudcall.New(cloudcall.Options{Observer: silent{}, Now: time.Now, Classify: Classify, MaxAttempts: 1})
	_, err := cloudcall.Do(t.Context(), caller, "DescribeBackups", source.Credentials)
	if err == nil {
		return ""
	}
	return err.Error()
}

type silent struct{}

func (silent) Request(cloudcall.Place, string, string, time.Duration) {}
func (silent) Rejected(string)                                        {}

// The SDK's errors quote files, answers and signed requests.
func TestErrorsOfTheChainAreNotShown(t *testing.T) {
	const sts = `refresh session token failed: {"Message":"Specified signature is not matched with our calculation. ` +
		`server string to sign is:POST&%2F&AccessKeyId%3DSECRETKEY%26SecurityToken%3DSECRETTOKEN","Code":"SignatureDoesNotMatch"}`
	tests := []struct {
		name  string
		build func() (credentials.Credential, error)
	}{
		{"it cannot be built", func() (credentials.Credential, error) { return nil, errors.New("SECRETKEY") }},
		{"it gives nothing", func() (credentials.Credential, error) { return gives{}, nil }},
		{"STS refuses", func() (credentials.Credential, error) { return &fakeChain{broken: errors.New(sts)}, nil }},
		{"STS refuses, as an error of the API", func() (credentials.Credential, error) {
			return &fakeChain{broken: sdkError(403, "Forbidden.RAM", "SECRETTOKEN")}, nil
		}},
		{"it panics when it is built", func() (credentials.Credential, error) { panic("SECRETKEY") }},
		{"it panics when it is asked", func() (credentials.Credential, error) { return struct{ credentials.Credential }{}, nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(t, newChain(time.Now, tt.build)); got != noneFoundText {
				t.Errorf("got  %s\nwant %s", got, noneFoundText)
			}
		})
	}
}

// gives is a chain that gives neither credentials nor an error.
type gives struct{ credentials.Credential }

func (gives) GetCredential() (*credentials.CredentialModel, error) { return nil, nil }

// clearEnvironment removes everything that the default chain could find.
func clearEnvironment(t *testing.T) (home string) {
	t.Helper()
	for _, name := range []string{
		"ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "OIDC_TOKEN_FILE", "OIDC_PROVIDER_ARN", "ROLE_ARN",
		"CONFIG_FILE", "PROFILE", "CREDENTIALS_FILE", "CREDENTIALS_URI",
	} {
		t.Setenv("ALIBABA_CLOUD_"+name, "")
	}
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	home = t.TempDir()
	t.Setenv("HOME", home)
	return home
}

// The SDK's own chain quotes broken sources in its errors.
func TestBrokenSourcesOfTheDefaultChain(t *testing.T) {
	answers := func(status int, body string) func(*testing.T, string) {
		return func(t *testing.T, _ string) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}))
			t.Cleanup(server.Close)
			t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.URL+"/?token=SECRETTOKEN")
		}
	}
	writes := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, home string) {
			file := filepath.Join(home, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name string
		set  func(t *testing.T, home string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"command line's configuration", writes(".aliyun/config.json", `{"profiles":[{"mode":"AK","access_key_secret":"SECRETKEY"},]}`)},
		{"profile file", writes(".alibabacloud/credentials", "[default]\ntype = access_key\nSECRETKEY\n")},
		{"URI without an expiry", answers(200, `{"AccessKeyId":"SECRETID","AccessKeySecret":"SECRETKEY","SecurityToken":"SECRETTOKEN"}`)},
		{"URI that fails", answers(500, `rejected: SECRETTOKEN`)},
		{"URI with an expiry that is no time", answers(200, `{"AccessKeyId":"a","AccessKeySecret":"b","SecurityToken":"c","Expiration":"SECRETTOKEN"}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.set(t, clearEnvironment(t))
			if got := describe(t, baseKeySource(Options{Now: time.Now})); got != noneFoundText {
				t.Errorf("got  %s\nwant %s", got, noneFoundText)
			}
		})
	}
}

// The SDK's own chain, with keys in the environment.
func TestDefaultChain(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIenv")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "token")
	got, err := baseKeySource(Options{Now: time.Now}).Credentials(t.Context())
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

// What a fetch is about to return may be what the cloud just refused, so the next fetch starts with a new chain.
func TestChainIsBuiltAnewWhenRefusedDuringAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, built := chainOf(&fakeChain{takes: 10 * time.Second})
		var fetch sync.WaitGroup
		fetch.Go(func() { wantKey(t, c, "key-1") })
		synctest.Wait()
		c.Invalidate(sdkError(400, "InvalidSecurityToken.Expired", "x"))
		fetch.Wait()
		time.Sleep(time.Minute)
		wantKey(t, c, "key-2")
		if *built != 2 {
			t.Errorf("built %d times, want anew after the refusal", *built)
		}
	})
}
