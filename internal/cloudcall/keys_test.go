package cloudcall

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigured(t *testing.T) {
	const empty = "no credentials: the access key id or its secret is empty"
	tests := []struct {
		name string
		keys Keys
		err  error
		want string // the error
	}{
		{"access key", Keys{AccessKeyID: "id", AccessKeySecret: "secret"}, nil, ""},
		{"token alone", Keys{AuthToken: "token"}, nil, ""},
		{"nothing", Keys{}, nil, empty},
		{"no id", Keys{AccessKeySecret: "secret"}, nil, empty},
		{"no secret", Keys{AccessKeyID: "id"}, nil, empty},
		{"security token alone", Keys{SecurityToken: "token"}, nil, empty},
		{"unreadable", Keys{AccessKeyID: "id", AccessKeySecret: "secret"}, errors.New("open secret: no such file"), "no credentials: open secret: no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := Configured(func() (Keys, error) { return tt.keys, tt.err }, func(k Keys) *Keys { return &k })
			got, err := source.Credentials(t.Context())
			if tt.want == "" {
				if err != nil || *got != tt.keys {
					t.Errorf("error %v, or other keys than the configured ones", err)
				}
				return
			}
			failure, ok := errors.AsType[*CredentialsError](err)
			if !ok || failure.Error() != tt.want || failure.Hint != CheckCredentials || got != nil {
				t.Errorf("error = %v, want %s as a CredentialsError with a hint, and no keys", err, tt.want)
			}
		})
	}
}

func TestConfiguredKeysAreReadForEachCall(t *testing.T) {
	secret := "old"
	source := Configured(
		func() (Keys, error) { return Keys{AccessKeyID: "id", AccessKeySecret: secret}, nil },
		func(k Keys) string { return k.AccessKeySecret },
	)
	for _, secret = range []string{"old", "new"} {
		if got, err := source.Credentials(t.Context()); got != secret || err != nil {
			t.Errorf("secret %q, %v; want %q", got, err, secret)
		}
		source.Invalidate(errors.New("refused"))
	}
}

func TestFingerprint(t *testing.T) {
	keys := []Keys{
		{},
		{AccessKeyID: "a"},
		{AccessKeySecret: "a"},
		{SecurityToken: "a"},
		{AuthToken: "a"},
		{AccessKeyID: "a", AccessKeySecret: "b"},
		{AccessKeyID: "ab"},
	}
	seen := map[Fingerprint]int{}
	for i, k := range keys {
		if j, ok := seen[k.Fingerprint()]; ok {
			t.Errorf("keys %d and %d have the same fingerprint", i, j)
		}
		seen[k.Fingerprint()] = i
	}
	if diff := cmp.Diff(Keys{AccessKeyID: "a"}.Fingerprint(), keys[1].Fingerprint()); diff != "" {
		t.Errorf("equal keys differ:\n%s", diff)
	}
}

func TestKeysNeverPrint(t *testing.T) {
	keys := Keys{AccessKeyID: "LTAIsecret", AccessKeySecret: "secret", SecurityToken: "secret", AuthToken: "secret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, keys); got != "<secret>" {
			t.Errorf("%s prints %q", verb, got)
		}
		if got := fmt.Sprintf(verb, &keys); got != "<secret>" {
			t.Errorf("%s prints %q through a pointer", verb, got)
		}
	}
}

// Clouds count the refusals of an access key id, whatever its secret.
func TestUserOfAFingerprint(t *testing.T) {
	user := func(k Keys) string { return k.Fingerprint().User }
	if user(Keys{AccessKeyID: "a", AccessKeySecret: "s"}) != user(Keys{AccessKeyID: "a", AccessKeySecret: "t", SecurityToken: "u"}) {
		t.Error("two secrets of a key are two users")
	}
	if user(Keys{AccessKeyID: "a"}) == user(Keys{AccessKeyID: "b"}) || user(Keys{AuthToken: "a"}) == user(Keys{AccessKeyID: "a"}) || user(Keys{AuthToken: "a"}) == user(Keys{AuthToken: "b"}) {
		t.Error("different users are the same")
	}
}
