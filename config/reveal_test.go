package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What Revealed writes is loaded as it was, whatever the secrets look like.
func TestRevealed(t *testing.T) {
	cfg := Default()
	for i, secret := range []Secret{"plain", "with:#a-colon", "'quoted\"", "{brace", "0123"} {
		account := Account{
			Name: string(rune('a' + i)), Cloud: "alibaba",
			Credentials: Credentials{AccessKeyID: "AK", AccessKeySecret: secret},
			Regions:     []Region{{ID: "cn-hangzhou", Discovery: Discovery{Enabled: true}}},
		}
		if i == 1 {
			account.Credentials.SecurityToken = "a-token"
		}
		cfg.Accounts = append(cfg.Accounts, account)
	}
	text, err := cfg.Revealed()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(text, ".")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i, a := range cfg.Accounts {
		got := again.Accounts[i].Credentials
		want := []string{a.Credentials.AccessKeyID.Reveal(), a.Credentials.AccessKeySecret.Reveal(), a.Credentials.SecurityToken.Reveal()}
		if diff := cmp.Diff(want, []string{got.AccessKeyID.Reveal(), got.AccessKeySecret.Reveal(), got.SecurityToken.Reveal()}); diff != "" {
			t.Errorf("account %s (-want +got):\n%s", a.Name, diff)
		}
	}
}
