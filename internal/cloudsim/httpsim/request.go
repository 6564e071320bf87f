package httpsim

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// MaxRequest bounds the body of a request, in bytes. What exceeds it is ignored.
const MaxRequest = 1 << 20

// Request is one call to a cloud, taken apart.
type Request struct {
	HTTP   *http.Request
	Body   []byte
	Params url.Values // of the query, and of the body where that is a form

	// What the call says of itself, unchecked. A protocol sets it; "" is not stated.
	Operation  string // the cloud's own name; "": no such operation
	KeyID      string // access key id
	Region     string
	Project    string // Huawei
	InstanceID string
	NodeID     string

	// What a fault changes. The zero values change nothing.
	RepeatFirstPage bool    // every page is the first one
	PageShift       int     // how many records earlier every page but the first begins
	Refusal         Refusal // the error that an authenticated account gets instead of its answer

	// Set when the call is answered.
	Now       time.Time      // the time in the fleet
	ID        string         // of the request, in the cloud's form
	Account   *fleet.Account // who signed; nil: not authenticated
	PageStart int            // index of the record at which the page begins that the call asks for
}

// NewRequest reads the body and the query of a request. It fails when either cannot be read.
func NewRequest(r *http.Request) (*Request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxRequest))
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return &Request{HTTP: r, Body: body, Params: query}, nil
}

// RefusedAs returns why the authenticated account gets an error: the reason of the fault, or Forbidden for an operation
// that is denied to it. It returns "" when the account gets its answer.
func (r *Request) RefusedAs() Refusal {
	if r.Refusal == "" && slices.Contains(r.Account.Denied, r.Operation) {
		return Forbidden
	}
	return r.Refusal
}

// PageFrom returns the index of the record at which a page of a list begins: the one that the call asks for, unless a
// fault moves it.
func (r *Request) PageFrom(asked int) int {
	r.PageStart = asked
	if r.RepeatFirstPage {
		return 0
	}
	return max(0, asked-r.PageShift)
}

// Allows reports whether the filter in the named parameter lets the value pass. Without a filter every value passes.
func (r *Request) Allows(param, value string) bool {
	filter := r.Params.Get(param)
	return filter == "" || filter == value
}
