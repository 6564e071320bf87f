package poll

import (
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// kind is what questions have in common that a cloud answers with the same operations.
type kind struct {
	scope    backup.Scope
	topology string // of the instance asked about
}

// slow is when a task that still runs gives up its place, so that one that hangs holds up none of another kind.
const slow = 2 * time.Second

// pool runs tasks in the order of their submission, at most limit at a time, not counting those that are slow. Its
// goroutines end when no task is left.
type pool struct {
	workers *sync.WaitGroup
	divided bool // no kind takes the last quarter of a limit above one: there is room for others before it is slow

	mu        sync.Mutex
	limit     int
	active    int // tasks that run and are not slow
	submitted int // tasks so far
	lanes     map[kind]*lane
	ready     []started // those whose goroutines have not begun yet, in the order of submission
}

// lane is the tasks of one kind. A lane without any is dropped.
type lane struct {
	active int // tasks that run, slow ones too
	queue  []queued
}

// queued is a task that waits for its turn.
type queued struct {
	number int // in the order of submission
	task   func()
}

// submit queues a task and returns at once.
func (q *pool) submit(of kind, task func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes == nil {
		q.lanes = map[kind]*lane{}
	}
	l := q.lanes[of]
	if l == nil {
		l = &lane{}
		q.lanes[of] = l
	}
	q.submitted++
	l.queue = append(l.queue, queued{q.submitted, task})
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

// start starts the tasks that may run. The pool is locked.
func (q *pool) start() {
	for q.active < q.limit {
		of, l := q.next()
		if l == nil {
			return
		}
		q.ready = append(q.ready, started{of, l, l.queue[0].task, q.take()})
		l.queue = l.queue[1:]
		l.active++
		q.workers.Go(q.run)
	}
}

// started is a task that has its place.
type started struct {
	of    kind
	lane  *lane
	task  func()
	place *place
}

// run runs the first task that has its place. Whichever goroutine comes first takes it, so that the order is kept.
func (q *pool) run() {
	q.mu.Lock()
	s := q.ready[0]
	q.ready = q.ready[1:]
	q.mu.Unlock()
	s.task()
	q.ended(s.of, s.lane, s.place)
}

// next returns the lane whose task is the next to run; nil: there is none. The pool is locked.
func (q *pool) next() (of kind, first *lane) {
	share := q.share()
	for k, l := range q.lanes {
		if len(l.queue) > 0 && l.active < share && (first == nil || l.queue[0].number < first.queue[0].number) {
			of, first = k, l
		}
	}
	return of, first
}

// share returns how many tasks of one kind may run at a time.
func (q *pool) share() int {
	if !q.divided {
		return q.limit
	}
	return max(1, q.limit-max(1, q.limit/4))
}

// place is the place of one task among those that count.
type place struct {
	timer  *time.Timer
	vacant bool // the task has given it up; the pool's mutex guards it
}

// take takes a place, which is given up when its task is slow. The pool is locked.
func (q *pool) take() *place {
	q.active++
	p := &place{}
	p.timer = time.AfterFunc(slow, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.vacate(p)
		q.start()
	})
	return p
}

// vacate gives a place up, unless that was done before. The pool is locked.
func (q *pool) vacate(p *place) {
	if !p.vacant {
		p.vacant = true
		q.active--
	}
}

func (q *pool) ended(of kind, l *lane, p *place) {
	p.timer.Stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	l.active--
	if l.active == 0 && len(l.queue) == 0 {
		delete(q.lanes, of)
	}
	q.vacate(p)
	q.start()
}
