package cloudcall

import "errors"

var errPanicked = errors.New("the cloud's SDK panicked")

// Guard calls into a cloud's SDK, and makes an error of a panic there. The error's text is always the same: what the
// SDK panics with may hold secrets. It is for SDKs alone; decision 21 says why.
func Guard[T any](call func() (T, error)) (value T, err error) {
	defer func() {
		if recover() != nil {
			var none T
			value, err = none, errPanicked
		}
	}()
	return call()
}
