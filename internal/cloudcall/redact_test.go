package cloudcall

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	keys := Keys{AccessKeyID: "AKVISIBLE", AccessKeySecret: "SKVISIBLE/+", SecurityToken: "STVISIBLE", AuthToken: "x"}
	run := strings.Repeat("aB3/", 11)
	for text, want := range map[string]string{
		"the parameter PageSize is not valid":          "the parameter PageSize is not valid",
		"verify aksk signature fail":                   "verify aksk signature fail",
		"key AKVISIBLE with SKVISIBLE/+ and STVISIBLE": "key (hidden) with (hidden) and (hidden)",
		"k=SKVISIBLE%2F%2B":                            "k=(hidden)",
		"it ends with SKVISIB…":                        "it ends with (hidden)",
		"Signature=abc%3D&Format=JSON":                 "Signature=(hidden)&Format=JSON",
		`{"x-acs-security-token": "abc", "a": 1}`:      `{"x-acs-security-token": "(hidden)", "a": 1}`,
		"x-acs-signature-nonce: abc, x":                "x-acs-signature-nonce: (hidden), x",
		"X-Auth-Token: abc":                            "X-Auth-Token: (hidden)",
		"Authorization: SDK-HMAC Access=a, b=c":        "Authorization: (hidden)",
		"the signature we made is " + run + " here":    "the signature we made is (hidden) here",
		"instance " + run:                              "instance " + run,
	} {
		if got := Redact(text, keys); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestCleanID(t *testing.T) {
	keys := []Keys{{AccessKeyID: "AKVISIBLE"}}
	for id, want := range map[string]string{
		"": "", "APIGW.0301": "APIGW.0301", "4C467B38-3910-447D_87BC:1": "4C467B38-3910-447D_87BC:1",
		"a b": "", "AKVISIBLE": "", "a.AKVISIBLE": "", "a…": "", "a/b": "", strings.Repeat("x", LongestID+1): "",
	} {
		if got := cleanID(id, keys); got != want {
			t.Errorf("%q became %q, want %q", id, got, want)
		}
	}
}
