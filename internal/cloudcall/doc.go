// Package cloudcall makes calls to clouds. It is the same for all clouds, and knows what a call is but not what an
// answer says.
//
// Every call passes a gate, which stops calls with refused credentials, and a budget, which limits the rate. A call
// that fails for a reason that may pass is repeated. Every attempt is counted. Every failure becomes a backup.Error
// with a class. The HTTP transport is bound to a context, limits the size of an answer, and reports an answer that is
// not a JSON object.
//
// It imports internal/backup for errors and their classes, and no SDK.
package cloudcall
