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

// sink is a writer that blocks or fails as the test says.
type sink struct {
	read chan struct{} // nil: every write succeeds at once; else it waits for a value or the end of the channel

	mu    sync.Mutex
	lines []string
	err   error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.read != nil {
		<-s.read
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	s.lines = append(s.lines, string(p))
	return len(p), nil
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *sink) written() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}

func dropped(n int) []byte { return fmt.Appendf(nil, "dropped %d", n) }

func write(q *logs.Queue, lines ...string) {
	for _, line := range lines {
		buffer := []byte(line)
		fmt.Fprintf(q, "%s", buffer)
		clear(buffer) // the queue keeps a copy
	}
}

func TestQueueKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{}
		q := logs.NewQueue(to, dropped)
		write(q, "a", "b")
		synctest.Wait()
		write(q, "c")
		q.Close(time.Hour)
		write(q, "too late")
		synctest.Wait()
		if diff := cmp.Diff([]string{"a", "b", "c"}, to.written()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

func TestQueueDropsWhatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{read: make(chan struct{})}
		q := logs.NewQueue(to, dropped)
		write(q, "first")
		synctest.Wait() // the writer blocks
		kib := strings.Repeat("x", 1024)
		for range 1024 + 3 {
			write(q, kib)
		}
		close(to.read)
		synctest.Wait()
		write(q, "last")
		q.Close(time.Hour)
		got := to.written()
		if len(got) != 1+1024+2 {
			t.Fatalf("%d lines were written, want the first, 1 MiB, the report and the last", len(got))
		}
		if diff := cmp.Diff([]string{"dropped 3", "last"}, got[len(got)-2:]); diff != "" {
			t.Errorf("the last lines (-want +got):\n%s", diff)
		}
	})
}

func TestQueueReportsFailedWritesOnceTheWriterWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{}
		to.fail(errors.New("no space left on device"))
		q := logs.NewQueue(to, dropped)
		write(q, "a", "b")
		synctest.Wait()
		to.fail(nil)
		write(q, "c")
		q.Close(time.Hour)
		if diff := cmp.Diff([]string{"c", "dropped 2"}, to.written()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

func TestQueueThatReportsNothing(t *testing.T) {
	to := &sink{}
	to.fail(errors.New("broken pipe"))
	q := logs.NewQueue(to, nil)
	write(q, "a")
	q.Close(time.Hour)
	if len(to.written()) != 0 {
		t.Errorf("written: %q", to.written())
	}
}

func TestQueueEndsThoughNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &sink{read: make(chan struct{})}
		q := logs.NewQueue(to, dropped)
		write(q, "a")
		start := time.Now()
		q.Close(3 * time.Second)
		q.Close(0)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("closing took %v, want 3s", took)
		}
		close(to.read) // the goroutine must end within the test
	})
}
