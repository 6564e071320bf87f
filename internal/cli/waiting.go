package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
)

// sleep waits, and reports whether it waited to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// How often a person who waits is told how far it is: on a terminal, where the line is drawn over, and elsewhere.
const (
	redrawn = 500 * time.Millisecond
	retold  = 10 * time.Second
)

// tellWaiting says on standard error, until stop is called, how much was read and what of. What ends at once is not told.
func (s *session) tellWaiting(ctx context.Context, e *exporter.Exporter) (stop func()) {
	return s.tell(ctx, func() string { return howFar(e.Poller().Snapshot()) })
}

// stage is what a command waits for just now, in words. It is safe for concurrent use.
type stage struct{ words atomic.Pointer[string] }

// is notes what is waited for from now on.
func (g *stage) is(format string, args ...any) {
	words := fmt.Sprintf(format, args...)
	g.words.Store(&words)
}

// tellStage says on standard error, until stop is called, what is waited for.
func (s *session) tellStage(ctx context.Context, g *stage) (stop func()) {
	return s.tell(ctx, func() string { return *g.words.Load() })
}

// tell says on standard error, until stop is called, how far it is, and for how long it has lasted.
func (s *session) tell(ctx context.Context, far func() string) (stop func()) {
	to := screenOf(s.stderr)
	every := retold
	if to.terminal {
		every = redrawn
	}
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() {
		began := s.now()
		for sleep(ctx, every) {
			to.tell(plain(fmt.Sprintf("asking the clouds: %s, %v", far(), s.now().Sub(began).Round(time.Second))))
		}
		to.untell()
	})
	return func() {
		cancel()
		telling.Wait()
	}
}

// howFar says how many of the targets that are known so far were read.
func howFar(snapshot *backup.Snapshot) string {
	regions, listed, targets, read := 0, 0, 0, 0
	for _, r := range snapshot.Regions {
		regions++
		if r.Asked {
			listed++
		}
	}
	for _, in := range snapshot.Instances {
		for _, node := range in.Nodes {
			targets++
			if !node.Backups.TriedAt.IsZero() {
				read++
			}
		}
	}
	parts := []string{fmt.Sprintf("%d of %d backup lists", read, targets)}
	if listed < regions {
		parts = append([]string{fmt.Sprintf("%d of %d regions have answered", listed, regions)}, parts...)
	}
	return strings.Join(parts, ", ")
}

// tell shows a line about something that goes on.
func (s screen) tell(line string) {
	if !s.terminal {
		fmt.Fprintln(s, line)
		return
	}
	if s.width > 0 {
		line = text.Trim(line, s.width-1)
	}
	fmt.Fprint(s, "\r", text.EraseLine.Sprint(), line)
}

// untell takes the line away, where that can be done.
func (s screen) untell() {
	if s.terminal {
		fmt.Fprint(s, "\r", text.EraseLine.Sprint())
	}
}

// clear empties the screen of a terminal, and not what was on it before.
func (s screen) clear() {
	if s.terminal {
		fmt.Fprint(s, "\x1b[H\x1b[2J")
	}
}
