package poll

import (
	"sync"

	"mongodb_backup_exporter/internal/backup"
)

// kind is what questions have in common that a cloud answers with the same operations.
type kind struct {
	scope    backup.Scope
	topology string // of the instance asked about
}

// pool runs tasks, at most limit at a time, in the order of their submission. Its goroutines end when no task is left.
type pool struct {
	workers *sync.WaitGroup
	divided bool // no kind takes the last quarter of a limit above one: an operation that hangs leaves room for the others

	mu        sync.Mutex
	limit     int
	active    int
	submitted int // tasks so far
	lanes     map[kind]*lane
}

// lane is the tasks of one kind. A lane without any is dropped.
type lane struct {
	active int
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
		task := l.queue[0].task
		l.queue = l.queue[1:]
		l.active++
		q.active++
		q.workers.Go(func() {
			task()
			q.ended(of, l)
		})
	}
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

func (q *pool) ended(of kind, l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.active--
	q.active--
	if l.active == 0 && len(l.queue) == 0 {
		delete(q.lanes, of)
	}
	q.start()
}
