// Package cloudcall is what every call to a cloud shares, whatever the cloud: a rate limit per operation, retries with
// backoff for failures that pass, a gate that keeps refused credentials from being tried over and over, one error type
// with a class and a request id, counting of every attempt, and an HTTP transport that is bound to a context, caps what
// it reads, and says what came back when that is not JSON.
package cloudcall
