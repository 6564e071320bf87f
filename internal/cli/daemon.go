package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mongodb_backup_exporter/internal/logs"
)

// flushWait is how long the end of a daemon waits for somebody to read its output.
const flushWait = time.Second

// daemon returns an action that whoever reads its output cannot stop: neither by reading slowly or not at all, nor by
// going away, which ends other programs with SIGPIPE.
func daemon(do action) action {
	return func(ctx context.Context, s *session) error {
		closedPipes := make(chan os.Signal, 1) // nobody reads it: listening makes writing to a closed pipe a mere error
		signal.Notify(closedPipes, syscall.SIGPIPE)
		defer signal.Stop(closedPipes)
		stdout, stderr := logs.NewQueue(s.stdout, nil), logs.NewQueue(s.stderr, s.droppedLines)
		s.stdout, s.stderr = stdout, stderr
		s.logTo(stderr)
		code := finish(stderr, do(ctx, s))
		s.thin.Close()
		stdout.Close(flushWait)
		stderr.Close(flushWait)
		if code == 0 {
			return nil
		}
		return &exit{code: code}
	}
}
