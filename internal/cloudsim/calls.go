package cloudsim

import (
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// maxCalls bounds the memory of a simulation that runs for days.
const maxCalls = 20_000

// Call is one request that reached the simulated clouds.
type Call struct {
	Time       time.Time `json:"time"` // in the fleet
	Cloud      string    `json:"cloud"`
	Operation  string    `json:"operation"` // the cloud's own name, such as DescribeBackups; "": no such operation
	Region     string    `json:"region"`    // "": unknown
	InstanceID string    `json:"instance_id,omitempty"`
	NodeID     string    `json:"node_id,omitempty"`
	Status     int       `json:"status"`         // HTTP status; 0: no answer yet, or the connection was reset
	Code       string    `json:"code,omitempty"` // the cloud's error code; "": none
}

// callLog remembers calls. With now set, its zero value is empty.
type callLog struct {
	now func() time.Time

	mu     sync.Mutex // guards all below
	first  int        // number of the oldest call that is kept
	calls  []Call
	counts map[string]int
}

// begin records a request and returns its number.
func (l *callLog) begin(req *request) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= 2*maxCalls {
		drop := len(l.calls) - maxCalls
		l.calls = append([]Call(nil), l.calls[drop:]...)
		l.first += drop
	}
	l.calls = append(l.calls, Call{
		Time: l.now().UTC(), Cloud: req.cloud, Operation: req.Operation, Region: req.Region,
		InstanceID: req.InstanceID, NodeID: req.NodeID,
	})
	if l.counts == nil {
		l.counts = make(map[string]int)
	}
	l.counts[req.Operation]++
	return l.first + len(l.calls) - 1
}

// end records the answer to the request with the given number.
func (l *callLog) end(number int, a httpsim.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := number - l.first; i >= 0 {
		l.calls[i].Status, l.calls[i].Code = a.Status, a.Code
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
