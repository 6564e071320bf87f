package cloudsim

import (
	"slices"
	"sync"
	"time"
)

// maxCalls bounds the memory of a simulation that runs for days.
const maxCalls = 20_000

// Call is one request that reached the simulated clouds.
type Call struct {
	Time       time.Time `json:"time"` // in the fleet's time
	Cloud      string    `json:"cloud"`
	Operation  string    `json:"operation"` // the cloud's own name, e.g. DescribeBackups, ListBackups; "": no such thing
	Region     string    `json:"region"`    // "": not said and not known
	InstanceID string    `json:"instance_id,omitempty"`
	NodeID     string    `json:"node_id,omitempty"`
	Status     int       `json:"status"` // HTTP status of the answer; 0: none yet, or the connection was dropped
	Code       string    `json:"code,omitempty"`
}

// callLog remembers calls. Its zero value with now set is empty.
type callLog struct {
	now func() time.Time

	mu     sync.Mutex
	first  int // number of the oldest call that is kept
	calls  []Call
	counts map[string]int
}

// begin notes a request and returns its number.
func (l *callLog) begin(req *request) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= 2*maxCalls {
		drop := len(l.calls) - maxCalls
		l.calls = append([]Call(nil), l.calls[drop:]...)
		l.first += drop
	}
	l.calls = append(l.calls, Call{
		Time: l.now().UTC(), Cloud: req.cloud, Operation: req.operation, Region: req.region,
		InstanceID: req.instanceID, NodeID: req.nodeID,
	})
	if l.counts == nil {
		l.counts = make(map[string]int)
	}
	l.counts[req.operation]++
	return l.first + len(l.calls) - 1
}

// end notes the answer to the request with the given number.
func (l *callLog) end(number int, a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := number - l.first; i >= 0 {
		l.calls[i].Status, l.calls[i].Code = a.status, a.code
	}
}

func (l *callLog) list() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls[max(0, len(l.calls)-maxCalls):])
}

func (l *callLog) count(operation string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if operation != "" {
		return l.counts[operation]
	}
	sum := 0
	for _, n := range l.counts {
		sum += n
	}
	return sum
}
