package huawei

import (
	"errors"
	"net/http"
	"testing"

	"mongodb_backup_exporter/internal/cloudcall"
)

func TestAuthToken(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{
		"/v3/projects": send(200, `{"projects":[{"id":"`+testProject+`","name":"cn-north-4"}]}`), "/instances": paged("instances"),
	})
	token := "token-1"
	s, _ := open(t, f.URL, func(o *Options) {
		o.ProjectID = ""
		o.Keys = func() (cloudcall.Keys, error) { return cloudcall.Keys{AuthToken: token}, nil }
	})
	for _, token = range []string{"token-1", "token-2"} {
		if _, err := s.Instances(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := f.last()
		if got := r.Header.Get("X-Auth-Token"); got != token || r.Header.Get("Authorization") != "" {
			t.Errorf("sent token %q and authorization %q, want token %q alone", got, r.Header.Get("Authorization"), token)
		}
	}
}

func TestUnreadableCredentials(t *testing.T) {
	f := newFake(t, nil)
	s, observer := open(t, f.URL, func(o *Options) {
		o.Keys = func() (cloudcall.Keys, error) { return cloudcall.Keys{}, errors.New("open secrets/sk: no such file") }
	})
	_, err := s.Instances(t.Context())
	if want := "ListInstances: auth: no credentials: open secrets/sk: no such file; check the account's credentials"; errorText(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(f.requests) != 0 || observer.requests["ListInstances auth"] != 1 {
		t.Errorf("%d requests sent; observed %v", len(f.requests), observer.requests)
	}
}

func TestEmptyCredentials(t *testing.T) {
	for _, keys := range []cloudcall.Keys{{}, {AccessKeyID: "AK"}, {AccessKeySecret: "sk"}, {SecurityToken: "t"}} {
		f := newFake(t, nil)
		s, _ := open(t, f.URL, func(o *Options) { o.Keys = func() (cloudcall.Keys, error) { return keys, nil } })
		_, err := s.Instances(t.Context())
		if want := "ListInstances: auth: no credentials: the access key id or its secret is empty; check the account's credentials"; errorText(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if len(f.requests) != 0 {
			t.Errorf("%d requests sent", len(f.requests))
		}
	}
}
