package exporter

import "sync"

// joiner runs one task at a time. Tasks that are asked for while one runs become one task after it: the newest of them,
// for all who asked. Make one with newJoiner.
type joiner struct {
	turn chan struct{} // full while a task runs

	mu      sync.Mutex
	waiting *joined // nil: nobody waits for the turn
}

func newJoiner() *joiner { return &joiner{turn: make(chan struct{}, 1)} }

// joined is one task for all who asked for it.
type joined struct {
	task func() error
	done chan struct{}
	err  error // to be read after done only
}

// do runs the task, or waits for one that was asked for later and begins later.
func (j *joiner) do(task func() error) error {
	j.mu.Lock()
	if w := j.waiting; w != nil {
		w.task = task
		j.mu.Unlock()
		<-w.done
		return w.err
	}
	w := &joined{task: task, done: make(chan struct{})}
	j.waiting = w
	j.mu.Unlock()

	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	j.mu.Lock()
	j.waiting, task = nil, w.task
	j.mu.Unlock()
	w.err = task()
	close(w.done)
	return w.err
}
