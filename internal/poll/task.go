package poll

import (
	"context"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/turn"
)

// task is one question's turn. It implements [turn.Place].
type task struct {
	pool   *pool
	lane   *lane
	ticket *turn.Ticket
	number int // the moment of its submission
	run    func(*turn.Ticket)

	// The pool's mutex guards the rest.
	state taskState
	held  int           // the moment at which it waited for a rate limit last, or for others that do; 0: it never did
	index int           // in the queue of the lane
	timer *time.Timer   // which ends its place when it is slow; nil: it has none
	back  chan struct{} // closed when it has a place again, or needs none; nil: it does not return
}

// taskState is where a task stands.
type taskState int

const (
	queued    taskState = iota // it has not begun
	placed                     // it runs and has a place
	placeless                  // it runs without one
	parked                     // it waits for a rate limit
	ended
)

func (t *task) before(other *task) bool {
	switch {
	case t.ticket.Before(other.ticket):
		return true
	case other.ticket.Before(t.ticket):
		return false
	}
	return t.number < other.number
}

// take gives a task a place, until it is slow. The pool is locked.
func (t *task) take() {
	q := t.pool
	t.state = placed
	q.active++
	t.lane.places++
	var timer *time.Timer
	timer = time.AfterFunc(slow, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if t.timer == timer {
			t.vacate()
			q.start()
		}
	})
	t.timer = timer
}

// vacate takes the place of a task away, if it has one. The pool is locked.
func (t *task) vacate() {
	if t.state != placed {
		return
	}
	t.timer.Stop()
	t.state, t.timer = placeless, nil
	t.pool.active--
	t.lane.places--
}

// Leave implements [turn.Place].
func (t *task) Leave() {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.vacate()
	if t.state != placeless {
		return
	}
	t.state = parked
	t.lane.running--
	t.lane.parked++
	t.pool.start()
}

// Stay implements [turn.Place].
func (t *task) Stay() {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.vacate()
	if t.state == parked {
		t.unpark()
		t.state = placeless
		t.lane.running++
	}
	t.pool.start()
}

// unpark notes that a task does not wait for a rate limit any more. The pool is locked.
func (t *task) unpark() {
	q, l := t.pool, t.lane
	q.moment++
	t.held = q.moment
	if q.stalled(l) {
		l.held = q.moment
	}
	l.parked--
}

// Return implements [turn.Place].
func (t *task) Return(ctx context.Context) {
	back := t.comeBack()
	if back == nil {
		return
	}
	select {
	case <-back:
	case <-ctx.Done():
		t.pool.mu.Lock()
		defer t.pool.mu.Unlock()
		t.giveUp()
	}
}

// comeBack queues a task for a place. It returns what is closed when it has one; nil: it needs none.
func (t *task) comeBack() <-chan struct{} {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	if t.state != placeless || t.back != nil {
		return nil
	}
	back := make(chan struct{})
	t.back = back
	t.pool.returning = append(t.pool.returning, t)
	t.pool.start()
	return back
}

// giveUp ends that: whoever waits for the place goes on without one. What several questions share may, when the one whose place
// it would have had has ended. The pool is locked.
func (t *task) giveUp() {
	if t.back != nil {
		close(t.back)
		t.back = nil
		t.pool.returning = slices.DeleteFunc(t.pool.returning, func(other *task) bool { return other == t })
	}
}

func (t *task) end() {
	q, l := t.pool, t.lane
	q.mu.Lock()
	defer q.mu.Unlock()
	t.vacate()
	t.giveUp()
	switch t.state {
	case parked:
		t.unpark()
	case placeless:
		l.running--
	case queued, placed, ended:
	}
	t.state = ended
	if l.running+l.parked == 0 && len(l.queue) == 0 {
		delete(q.lanes, l.of)
	}
	q.start()
}
