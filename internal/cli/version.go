package cli

import (
	"runtime/debug"

	"github.com/prometheus/common/version"
)

// nameVersion gives a program that was built without a version the one that the Go toolchain wrote into it. Every place that
// shows a version reads version.Version.
func nameVersion() {
	if version.Version == "" {
		info, _ := debug.ReadBuildInfo()
		version.Version = builtVersion(info)
	}
}

// builtVersion returns the version of the module, or else the commit from which it was built, or "unknown". nil: nothing is
// known of the build.
func builtVersion(info *debug.BuildInfo) string {
	if info == nil {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return "unknown"
	}
	revision = revision[:min(len(revision), 12)]
	if settings["vcs.modified"] == "true" {
		revision += "-dirty"
	}
	return revision
}
