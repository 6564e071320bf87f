package poll

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// kind is what questions have in common that a cloud answers with the same operations.
type kind struct {
	scope    backup.Scope
	topology string // of the instance asked about
	aside    bool   // of those that come after all others
}

// slow is when a task that still runs gives up its place, so that one that hangs holds up none of another kind.
const slow = 2 * time.Second

// pool runs tasks, the most urgent first, at most limit at a time. Those that are slow, and those that wait for a rate limit,
// do not count. Its goroutines end when no task is left.
type pool struct {
	workers *sync.WaitGroup
	divided bool // no kind takes the last quarter of a limit above one: there is room for others before it is slow

	mu        sync.Mutex
	limit     int
	holds     int // how often it was told to begin no task
	active    int // tasks that have a place
	moment    int // grows with each submission, and whenever a task or a lane begins or ends to wait for a rate limit
	lanes     map[kind]*lane
	ready     []*task // those whose goroutines have not begun yet, in the order of their start
	returning []*task // those that have waited for a rate limit and need a place again
	changed   chan struct{}
}

// lane is the tasks of one kind. A lane without any is dropped.
type lane struct {
	of      kind
	places  int // tasks that have a place
	running int // tasks that run, slow ones too, but not those that wait for a rate limit
	parked  int // tasks that wait for a rate limit
	held    int // the moment at which the lane was stalled last, if it is not now; 0: it never was
	queue   taskQueue
}

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

// urgency is when a question was due, and which of those that were due at the same time comes first.
type urgency struct {
	due  time.Time
	rank int
}

// submit queues a task and returns at once.
func (q *pool) submit(of kind, u urgency, run func(*turn.Ticket)) *task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes == nil {
		q.lanes = map[kind]*lane{}
	}
	l := q.lanes[of]
	if l == nil {
		l = &lane{of: of}
		q.lanes[of] = l
	}
	q.moment++
	t := &task{pool: q, lane: l, number: q.moment, run: run}
	t.ticket = turn.New(u.due, u.rank, t)
	heap.Push(&l.queue, t)
	q.start()
	return t
}

// hold begins no task until release: of those that are submitted meanwhile, the most urgent begin first, not the first.
func (q *pool) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.holds++
}

// release ends that.
func (q *pool) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.holds--
	q.start()
}

// backlog returns how many tasks wait for their turn.
func (q *pool) backlog() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := 0
	for _, l := range q.lanes {
		waiting += len(l.queue)
	}
	return waiting
}

// resize changes how many tasks may run at a time. Those that run go on.
func (q *pool) resize(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
	q.start()
}

// start gives free places to the tasks that may have them: to those that return, then to those that have not begun. The pool
// is locked.
func (q *pool) start() {
	defer q.wake()
	for q.active < q.limit {
		if t := q.nextReturning(); t != nil {
			q.returning = slices.DeleteFunc(q.returning, func(other *task) bool { return other == t })
			t.take()
			close(t.back)
			t.back = nil
			continue
		}
		l := q.next()
		if l == nil || q.holds > 0 {
			return
		}
		t, _ := heap.Pop(&l.queue).(*task)
		l.running++
		if l.held > t.number {
			t.held = l.held
		}
		t.take()
		q.ready = append(q.ready, t)
		q.workers.Go(q.run)
	}
}

// run runs the first task that has its place. Whichever goroutine comes first takes it, so that the order is kept.
func (q *pool) run() {
	q.mu.Lock()
	t := q.ready[0]
	q.ready = q.ready[1:]
	q.mu.Unlock()
	t.run(t.ticket)
	t.end()
}

// nextReturning returns the most urgent task that may have its place again; nil: there is none. One that waits for a rate limit
// again, with another of its calls, has to wait for that first. The pool is locked.
func (q *pool) nextReturning() *task {
	var first *task
	for _, t := range q.returning {
		if t.state == placeless && t.lane.places < q.share() && (first == nil || t.before(first)) {
			first = t
		}
	}
	return first
}

// next returns the lane whose task is the next to begin; nil: there is none. The pool is locked.
func (q *pool) next() *lane {
	share := q.share()
	var first *lane
	for _, l := range q.lanes {
		if len(l.queue) > 0 && l.running < share && !q.stalled(l) && (first == nil || l.queue[0].before(first.queue[0])) {
			first = l
		}
	}
	return first
}

// stalled reports whether so many tasks of a lane wait for a rate limit that no other may begin. The pool is locked.
func (q *pool) stalled(l *lane) bool { return l.parked >= q.limit }

// share returns how many tasks of one kind may run at a time: all while there is no other kind.
func (q *pool) share() int {
	if !q.divided || len(q.lanes) < 2 {
		return q.limit
	}
	return max(1, q.limit-max(1, q.limit/4))
}

// now returns the present moment.
func (q *pool) now() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.moment
}

// heldSince reports whether a task has waited for a rate limit, or for others that do, at a moment or later. It returns what
// is closed when that may have changed.
func (q *pool) heldSince(t *task, moment int) (bool, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	held := t.held
	switch {
	case t.state == parked, t.state == queued && q.stalled(t.lane):
		return true, nil
	case t.state == queued && t.lane.held > t.number:
		held = t.lane.held
	}
	return held > moment, q.changed
}

// wake tells those who look at tasks to look again. The pool is locked.
func (q *pool) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// hurry makes a task more urgent than all that nobody waits for.
func (q *pool) hurry(t *task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.ticket.Hurry()
	if t.state == queued {
		heap.Fix(&t.lane.queue, t.index)
	}
}

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

// taskQueue is a heap of tasks that have not begun, the most urgent first.
type taskQueue []*task

func (q taskQueue) Len() int           { return len(q) }
func (q taskQueue) Less(i, j int) bool { return q[i].before(q[j]) }
func (q taskQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *taskQueue) Push(x any) {
	t, _ := x.(*task)
	t.index = len(*q)
	*q = append(*q, t)
}

// Pop implements heap.Interface.
func (q *taskQueue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return t
}
