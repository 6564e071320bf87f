package huawei

import (
	"errors"
	"net/http"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

func TestProjectLookup(t *testing.T) {
	const one = `{"projects":[{"domain_id":"d","id":"` + testProject + `","name":"cn-north-4","enabled":true}],"links":{"self":"x"}}`
	tests := []struct {
		name   string
		status int
		body   string
		err    string
	}{
		{"one", 200, one, ""},
		{
			"one of that name", 200,
			`{"projects":[{"id":"other","name":"cn-north-4_team"},{"id":"` + testProject + `","name":"cn-north-4"}]}`, "",
		},
		{
			"none", 200, `{"projects":[]}`,
			`KeystoneListProjects: not_found (HTTP 200): IAM lists 0 projects named "cn-north-4" [request id rid-1]; set project_id for the region`,
		},
		{
			"two", 200, `{"projects":[{"id":"a","name":"cn-north-4"},{"id":"b","name":"cn-north-4"}]}`,
			`KeystoneListProjects: not_found (HTTP 200): IAM lists 2 projects named "cn-north-4" [request id rid-1]; set project_id for the region`,
		},
		{
			"not a valid id", 200, `{"projects":[{"id":"a/b","name":"cn-north-4"}]}`,
			`KeystoneListProjects: not_found (HTTP 200): IAM lists 0 projects named "cn-north-4" [request id rid-1]; set project_id for the region`,
		},
		{
			"no list", 200, `{"links":{}}`,
			`KeystoneListProjects: protocol (HTTP 200): the answer has no proper projects [request id rid-1]`,
		},
		{
			"refused", 401, `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`,
			`KeystoneListProjects: auth (HTTP 401): The request you have made requires authentication. [request id rid-1]; ` +
				`check the account's credentials: the access key and its secret, the security token, or the token file; and the clock of this machine`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]http.HandlerFunc{"/v3/projects": send(tt.status, tt.body), "/instances": paged("instances")})
			s, _ := open(t, f.URL, func(o *Options) { o.ProjectID = "" })
			for range 3 {
				if _, err := s.Instances(t.Context()); errorText(err) != tt.err {
					t.Errorf("got  %v\nwant %s", err, tt.err)
				}
			}
			want := 1
			if tt.err != "" {
				want = 3 // a failure is no answer to keep
			}
			if got := f.count("/projects"); got != want {
				t.Errorf("%d lookups, want %d", got, want)
			}
			if lookup := f.requests[0]; lookup.RequestURI != "/v3/projects?name=cn-north-4" || lookup.Header.Get("X-Project-Id") != "" {
				t.Errorf("lookup %s with project %q", lookup.RequestURI, lookup.Header.Get("X-Project-Id"))
			}
		})
	}
}

// Two Sources with the same key and region may belong to two clouds.
func TestProjectIsNotSharedBetweenSources(t *testing.T) {
	for _, id := range []string{"p1", "p2"} {
		f := newFake(t, map[string]http.HandlerFunc{
			"/v3/projects":             send(200, `{"projects":[{"id":"`+id+`","name":"cn-north-4"}]}`),
			"/v3/" + id + "/instances": paged("instances"),
		})
		s, _ := open(t, f.URL, func(o *Options) { o.ProjectID = "" })
		if _, err := s.Instances(t.Context()); err != nil {
			t.Errorf("project %s: %v", id, err)
		}
	}
}

// TestUnknownPathOfIAM: a gateway that does not know IAM's path says nothing about the list of tasks.
func TestUnknownPathOfIAM(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{}) // it knows no path
	s, _ := open(t, f.URL, func(o *Options) { o.ProjectID = "" })
	_, err := s.Jobs(t.Context(), backup.Instance{Target: backup.Target{InstanceID: "in02"}})
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || failure.Op != opListProjects || failure.Class != backup.ClassNotFound {
		t.Errorf("got %v, want a failed lookup of class not found", err)
	}
}
