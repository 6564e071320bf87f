package logs

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// maxWaiting is how many bytes wait for a writer that is slow. What comes beyond is dropped.
const maxWaiting = 1 << 20

// Queue is a writer that never blocks and never fails. It passes what is written to it on to another writer, each write
// as one, in order. While that writer blocks, up to 1 MiB waits for it and the rest is dropped. What it refuses is
// dropped, too.
type Queue struct {
	to      io.Writer
	dropped func(n int) []byte
	wake    chan struct{} // closed by Close
	ended   chan struct{} // closed when nothing is left to write

	mu      sync.Mutex
	closed  bool
	waiting [][]byte
	size    int // bytes in waiting
	lost    int // writes dropped since the last report
}

// NewQueue returns a Queue in front of a writer. dropped returns the line that reports n dropped writes, once the writer
// works again; nil: they are not reported. Close the Queue to write the rest.
func NewQueue(to io.Writer, dropped func(n int) []byte) *Queue {
	q := &Queue{to: to, dropped: dropped, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go q.run()
	return q
}

// Write queues a copy of p, or drops it. It always succeeds.
func (q *Queue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return len(p), nil
	}
	if q.size+len(p) > maxWaiting {
		q.lost++
		return len(p), nil
	}
	q.waiting = append(q.waiting, bytes.Clone(p))
	q.size += len(p)
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
	return len(p), nil
}

// Close stops taking writes, and waits until what was queued is written, but no longer than the given time. A writer that
// still blocks then keeps one goroutine.
func (q *Queue) Close(wait time.Duration) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.wake)
	}
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(wait):
	}
}

func (q *Queue) run() {
	defer close(q.ended)
	for range q.wake {
		q.flush()
	}
	q.flush()
}

// flush writes all that waits, then reports what was dropped meanwhile: it would have come next.
func (q *Queue) flush() {
	batch, lost := q.take()
	for _, p := range batch {
		if _, err := q.to.Write(p); err != nil {
			lost++
		}
	}
	if lost == 0 || q.dropped == nil {
		return
	}
	if _, err := q.to.Write(q.dropped(lost)); err != nil {
		q.mu.Lock()
		q.lost += lost
		q.mu.Unlock()
	}
}

// take returns what waits and how many writes were dropped after it.
func (q *Queue) take() (batch [][]byte, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, lost = q.waiting, q.lost
	q.waiting, q.size, q.lost = nil, 0, 0
	return batch, lost
}
