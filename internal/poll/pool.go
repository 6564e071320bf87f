package poll

import (
	"container/heap"
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
