package cli

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"
)

// OfProcess returns the environment of this process. Once the command line was read, nothing but the program itself writes to
// standard output: an SDK that is told to, prints requests to it, with the tokens and signatures that they carry. It is told so
// by the environment before main begins, so that only what it prints can be held back. What completes a command line prints
// there too, while it is read.
//
// OfProcess also sets the version of the program where the build did not, what its man page begins with, and the scripts that
// complete command lines. release is the version that is being worked on.
func OfProcess(now func() time.Time, release string) Environment {
	nameVersion(release)
	kingpin.ManPageTemplate = manPage(kingpin.ManPageTemplate, version.Version)
	kingpin.BashCompletionTemplate, kingpin.ZshCompletionTemplate = bashCompletion, zshCompletion
	return Environment{
		Stdout: os.Stdout, Stderr: os.Stderr, Now: now,
		Parsed: func() { os.Stdout = nil }, // writing to it is an error, which nobody looks at who prints
	}
}

// manPage returns kingpin's template of a man page with a heading and a name line as man and apropos read them.
func manPage(template, version string) string {
	return strings.NewReplacer(
		`.TH {{.App.Name}} 1 {{.App.Version}} "{{.App.Author}}"`, `.TH `+strings.ToUpper(program)+` 1 "" "`+program+` `+version+`" "User Commands"`,
		".SH \"NAME\"\n{{.App.Name}}\n", ".SH \"NAME\"\n{{.App.Name}} \\- backup health of managed MongoDB, for Prometheus\n",
	).Replace(template)
}

// sdkDebug is the variable by which SDKs are told to print requests.
const sdkDebug = "DEBUG"

// sdkDebugParts returns the names in a value of DEBUG that the SDK of Alibaba Cloud listens to.
func sdkDebugParts(value string) []string {
	return slices.DeleteFunc(strings.Split(value, ","), func(part string) bool {
		return !slices.Contains([]string{"dara", "tea", "credential"}, part)
	})
}

// ignoreDebug warns of a DEBUG that would make an SDK print requests. It takes it away from the programs that a profile
// of the aliyun tool may name, whose output is credentials.
func (s *session) ignoreDebug() {
	parts := sdkDebugParts(os.Getenv(sdkDebug))
	if len(parts) == 0 {
		return
	}
	_ = os.Unsetenv(sdkDebug) // fails for names that no variable can have
	level.Warn(s.logger).Log(
		"msg", "DEBUG in the environment is ignored: it would make an SDK print requests with tokens and signatures; see --log.level=debug",
		"ignored", strings.Join(parts, ","),
	)
}
