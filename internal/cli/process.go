package cli

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log/level"
)

// OfProcess returns the environment of this process. From then on nothing but the program itself writes to standard
// output: an SDK that is told to, prints requests to it, with the tokens and signatures that they carry. It is told so
// by the environment before main begins, so that only what it prints can be held back. It also sets the version of the
// program where the build did not.
func OfProcess(now func() time.Time) Environment {
	nameVersion()
	env := Environment{Stdout: os.Stdout, Stderr: os.Stderr, Now: now}
	os.Stdout = nil // writing to it is an error, which nobody looks at who prints
	return env
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
