package backup

import "fmt"

// Listing is the answer to "which instances does this region have". The zero value is a region without instances.
type Listing struct {
	Op        string     // the cloud's own name of the operation, for Err
	Instances []Instance // those that could be read, in any order
	Unread    int        // listed instances that could not be read
	Failed    error      // why a part of the listing failed, so that Instances lacks what it would have had; nil: none failed
}

// Err returns nil for a complete listing. Otherwise an instance that is not in Instances may still exist: the error is an
// [*Error] of class protocol when an instance could not be read, and else Failed.
func (l Listing) Err() error {
	if l.Unread == 0 {
		return l.Failed
	}
	return &Error{
		Op: l.Op, Class: ClassProtocol,
		Err: fmt.Errorf("%d of the listed instances could not be read", l.Unread),
	}
}
