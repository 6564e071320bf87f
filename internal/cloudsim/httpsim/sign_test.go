package httpsim

import (
	"net/url"
	"testing"
)

func TestCanonicalQuerySortsByName(t *testing.T) {
	v := url.Values{"Tag.1.Key": {"x"}, "Tag": {"~*"}, "Tag.10.Key": {"b", "a"}}
	if got, want := CanonicalQuery(v), "Tag=~%2A&Tag.1.Key=x&Tag.10.Key=a&Tag.10.Key=b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
