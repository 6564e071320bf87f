package cli

import (
	"runtime/debug"
	"time"

	"github.com/prometheus/common/version"
)

// shownOfCommit is how many digits of a commit a version has behind it, as git describe shows them.
const shownOfCommit = 7

// nameVersion gives a program that was built without a version the release that it is on the way to, with the commit behind it
// that the Go toolchain wrote into it. Every place that shows a version reads version.Version.
func nameVersion(release string) {
	if version.Version == "" {
		info, _ := debug.ReadBuildInfo()
		version.Version = builtVersion(info, release)
	}
}

// builtVersion returns the release, and behind it time and name of the commit from which the program was built, as the Makefile
// has them, unless that is the release. nil: nothing is known of the build.
func builtVersion(info *debug.BuildInfo, release string) string {
	if info == nil || info.Main.Version == "v"+release {
		return release
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return release
	}
	name := release + "-"
	if at, err := time.Parse(time.RFC3339, settings["vcs.time"]); err == nil {
		name += at.UTC().Format("20060102150405") + "."
	}
	name += "g" + revision[:min(len(revision), shownOfCommit)]
	if settings["vcs.modified"] == "true" {
		name += ".dirty"
	}
	return name
}
