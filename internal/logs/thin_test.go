package logs_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/logs"
)

// recorder is a logger that keeps its lines.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) Log(keyvals ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := strings.TrimSuffix(fmt.Sprintln(keyvals...), "\n")
	r.lines = append(r.lines, line)
	return nil
}

func (r *recorder) logged() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

func check(t *testing.T, what string, r *recorder, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.logged()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestThinCountsRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		thin := logs.NewThin(r)
		for port := range 1000 {
			_ = thin.Log("err", fmt.Errorf("handshake error from 10.0.%d.7:%d: EOF", port%3, 50000+port))
		}
		_ = thin.Log("err", "handshake error from [2001:db8::1]:443: EOF")
		_ = thin.Log("err", "handshake error from 10.0.0.7:1: unknown certificate")
		check(t, "at once", r, "err handshake error from 10.0.0.7:50000: EOF", "err handshake error from 10.0.0.7:1: unknown certificate")
		time.Sleep(time.Minute - 1)
		check(t, "just before the minute ends", r)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		check(t, "when the minute ends", r, "err handshake error from [2001:db8::1]:443: EOF repeated 1000")
		_ = thin.Log("err", "handshake error from 10.0.0.7:1: EOF")
		check(t, "after the minute", r, "err handshake error from 10.0.0.7:1: EOF")
		thin.Close()
		check(t, "at the end, without repetitions", r)
	})
}

func TestThinReportsWhenClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		thin := logs.NewThin(r)
		for range 3 {
			_ = thin.Log("msg", "again")
		}
		thin.Close()
		check(t, "lines", r, "msg again", "msg again repeated 2")
		time.Sleep(time.Hour)
		synctest.Wait()
		check(t, "later", r)
	})
}

func TestThinTellsFewCausesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		thin := logs.NewThin(r)
		for i := range 1000 {
			_ = thin.Log("err", strings.Repeat("x", i))
		}
		if got := len(r.logged()); got != 51 {
			t.Errorf("1000 causes made %d lines, want 51", got)
		}
		thin.Close()
		check(t, "the others", r, "err "+strings.Repeat("x", 999)+" repeated 949")
	})
}

func TestThinCutsLongValues(t *testing.T) {
	r := &recorder{}
	thin := logs.NewThin(r)
	defer thin.Close()
	_ = thin.Log("err", errors.New(strings.Repeat("a", 1999)+"äöü"))
	check(t, "lines", r, "err "+strings.Repeat("a", 1999)+"… (2005 bytes)")
	_ = thin.Log("err", strings.Repeat("b", 2000))
	check(t, "lines", r, "err "+strings.Repeat("b", 2000))
}
