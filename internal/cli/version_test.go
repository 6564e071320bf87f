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
				{Key: "GOARCH", Value: "amd64"},
				{Key: "vcs.revision", Value: revision},
				{Key: "vcs.time", Value: "2026-11-26T22:58:52Z"},
				{Key: "vcs.modified", Value: modified},
			},
		}
	}
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, tc := range []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"of the release", vcs("v0.1.0", commit, "false"), "0.1.0"},
		{"of a commit", vcs("(devel)", commit, "false"), "0.1.0-20261126225852.g0123456"},
		{"of a commit after another release", vcs("v0.0.0-20261126225852-0123456789ab", commit, "false"), "0.1.0-20261126225852.g0123456"},
		{"of a commit and changes", vcs("(devel)", commit, "true"), "0.1.0-20261126225852.g0123456.dirty"},
		{"of a short commit", vcs("", "0123", "false"), "0.1.0-20261126225852.g0123"},
		{"of a commit without a time", &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: commit}}}, "0.1.0-g0123456"},
		{"without git", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "0.1.0"},
		{"nothing known", nil, "0.1.0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := builtVersion(tc.info, "0.1.0"); got != tc.want {
				t.Errorf("version %q, want %q", got, tc.want)
			}
		})
	}
}
