package cloudcall

import "errors"

var errPanicked = errors.New("the cloud's SDK panicked")

// Guard calls into a cloud's SDK, and returns an error when the SDK panics. The error's text is always the same, because
// the value of a panic may hold secrets. Guard is for SDKs only: docs/decisions/0021-panics-of-sdks.md says why.
func Guard[T any](call func() (T, error)) (value T, err error) {
	defer func() {
		if recover() != nil {
			var none T
			value, err = none, errPanicked
		}
	}()
	return call()
}
