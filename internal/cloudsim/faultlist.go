package cloudsim

import (
	"slices"
	"sync"
)

// activeFault is a fault that was injected.
type activeFault struct {
	Fault
	id      int
	serve   behaviour     // nil: a fault of an endpoint
	seen    int           // how many calls it matched so far
	removed chan struct{} // closed on removal
}

// faultList holds the injected faults. The zero value is empty. It is safe for concurrent use.
type faultList struct {
	mu     sync.Mutex
	lastID int
	faults []*activeFault // oldest first
}

func (l *faultList) add(f Fault) *activeFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastID++
	added := &activeFault{Fault: f, id: l.lastID, serve: behaviourOf(f.Kind), removed: make(chan struct{})}
	l.faults = append(l.faults, added)
	return added
}

// remove removes a fault and reports whether it was there.
func (l *faultList) remove(id int) bool {
	return l.removeIf(func(f *activeFault) bool { return f.id == id }) > 0
}

// removeIf removes the chosen faults and returns their number.
func (l *faultList) removeIf(chosen func(*activeFault) bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.faults)
	l.faults = slices.DeleteFunc(l.faults, func(f *activeFault) bool {
		if !chosen(f) {
			return false
		}
		close(f.removed)
		return true
	})
	return before - len(l.faults)
}

// match returns the newest fault of calls that hits the call. The older ones do not count the call.
func (l *faultList) match(r *request) (*activeFault, bool) {
	return l.find(r, func(f *activeFault) bool { return f.serve != nil })
}

// matchConnection returns the newest fault of endpoints that hits a new connection.
func (l *faultList) matchConnection(r *request) (*activeFault, bool) {
	return l.find(r, func(f *activeFault) bool { return f.serve == nil })
}

func (l *faultList) find(r *request, eligible func(*activeFault) bool) (*activeFault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range slices.Backward(l.faults) {
		if !eligible(f) || !f.matches(r) {
			continue
		}
		f.seen++
		if f.seen <= f.After || (f.Times > 0 && f.seen > f.After+f.Times) {
			continue
		}
		return f, true
	}
	return nil, false
}

func (l *faultList) list() []*activeFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.faults)
}
