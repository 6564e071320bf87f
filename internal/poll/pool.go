package poll

import "sync"

// pool runs tasks, at most limit at a time, in the order of their submission. Its goroutines end when no task is left.
type pool struct {
	workers *sync.WaitGroup

	mu     sync.Mutex
	limit  int
	active int
	queue  []func()
}

// submit queues a task and returns at once.
func (q *pool) submit(task func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, task)
	if q.active < q.limit {
		q.active++
		q.workers.Go(q.work)
	}
}

// backlog returns how many tasks wait for their turn.
func (q *pool) backlog() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.queue)
}

// resize changes how many tasks may run at a time. Those that run go on.
func (q *pool) resize(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
	for range min(q.limit-q.active, len(q.queue)) {
		q.active++
		q.workers.Go(q.work)
	}
}

func (q *pool) work() {
	for {
		q.mu.Lock()
		if len(q.queue) == 0 || q.active > q.limit {
			q.active--
			if len(q.queue) == 0 {
				q.queue = nil
			}
			q.mu.Unlock()
			return
		}
		task := q.queue[0]
		q.queue = q.queue[1:]
		q.mu.Unlock()
		task()
	}
}
