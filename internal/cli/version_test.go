package cli

import (
	"runtime/debug"
	"testing"
)

func TestBuiltVersion(t *testing.T) {
	vcs := func(version, revision, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{
			Main: debug.Module{Version: version},
			Settings: []debug.BuildSetting{
				{Key: "GOARCH", Value: "amd64"}, {Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified},
			},
		}
	}
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, tc := range []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"of a module", vcs("v1.2.3", commit, "false"), "v1.2.3"},
		{"of a commit", vcs("(devel)", commit, "false"), "0123456789ab"},
		{"of a commit and changes", vcs("(devel)", commit, "true"), "0123456789ab-dirty"},
		{"of a short commit", vcs("", "0123", "false"), "0123"},
		{"without git", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "unknown"},
		{"nothing known", nil, "unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := builtVersion(tc.info); got != tc.want {
				t.Errorf("version %q, want %q", got, tc.want)
			}
		})
	}
}
