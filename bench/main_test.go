package bench

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain measures, or is one of the processes that measuring needs: this program starts itself for these.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(simulatorVariable) != "":
		os.Exit(simulate())
	case os.Getenv(callerVariable) != "":
		os.Exit(callOnce())
	}
	os.Exit(m.Run())
}

// forms is what BENCH may say.
const (
	shortForm = "short"
	fullForm  = "full"
)

// form returns how much is measured. A test that measures ends here unless it was asked for.
func form(t *testing.T) string {
	t.Helper()
	switch asked := os.Getenv("BENCH"); asked {
	case "":
		t.Skip("measures only with BENCH=short or BENCH=full, as make bench does")
	case shortForm, fullForm:
		return asked
	default:
		t.Fatalf("BENCH=%s: want %s or %s", asked, shortForm, fullForm)
	}
	return ""
}

// progress tells whoever waits what is going on.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
