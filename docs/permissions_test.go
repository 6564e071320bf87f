package docs

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPolicies compares the policy files with the actions that permissions/README.md explains. The policies for reading
// must allow nothing else.
func TestPolicies(t *testing.T) {
	explained := read(t, "permissions", "README.md")
	var granted []string
	for file, want := range map[string]struct{ version, actions string }{
		"alibaba-read-only.json":     {"1", `dds:Describe[A-Za-z]+`},
		"alibaba-create-backup.json": {"1", `dds:CreateBackup`},
		"alibaba-restore-check.json": {"1", `dds:(CheckRecoveryCondition|DescribeRestoreDBInstanceList)`},
		"huawei-read-only.json":      {"1.1", `dds:[a-z]+:list`},
		"huawei-project-lookup.json": {"1.1", `iam:projects:listProjects`},
		"huawei-create-backup.json":  {"1.1", `dds:instance:createManualBackup`},

		"huawei-read-only-identity.json":     {"5.0", `dds:[a-z]+:(listAll|get[A-Za-z]+)`},
		"huawei-create-backup-identity.json": {"5.0", `dds:backup:create`},
	} {
		version, actions := policy(t, file)
		if version != want.version {
			t.Errorf("%s: version %q, want %q", file, version, want.version)
		}
		if len(actions) == 0 {
			t.Errorf("%s allows nothing", file)
		}
		for _, action := range actions {
			if !regexp.MustCompile("^" + want.actions + "$").MatchString(action) {
				t.Errorf("%s allows %s, want only %s", file, action, want.actions)
			}
		}
		if !strings.Contains(explained, "]("+file+")") {
			t.Errorf("the README does not name %s", file)
		}
		granted = append(granted, actions...)
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:dds|iam):[A-Za-z:]+)`").FindAllStringSubmatch(explained, -1) {
		listed[row[1]] = true
	}
	slices.Sort(granted)
	if diff := cmp.Diff(granted, slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("actions (-granted +explained):\n%s", diff)
	}
}

// policy returns the version of a policy file and the actions that it allows, sorted.
func policy(t *testing.T, file string) (version string, actions []string) {
	t.Helper()
	var p struct {
		Version   string
		Statement []struct {
			Effect string
			Action any
		}
	}
	if err := json.Unmarshal([]byte(read(t, "permissions", file)), &p); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, s := range p.Statement {
		if s.Effect != "Allow" {
			t.Errorf("%s: effect %q", file, s.Effect)
		}
		switch a := s.Action.(type) {
		case string:
			actions = append(actions, a)
		case []any:
			for _, one := range a {
				actions = append(actions, one.(string))
			}
		}
	}
	slices.Sort(actions)
	return p.Version, actions
}
