package httpsim

// Refusal is a reason for which every cloud documents an error. The zero value is no reason.
type Refusal string

// The reasons. Forbidden and NotFound are for authenticated accounts only.
const (
	Throttled   Refusal = "throttled"
	Forbidden   Refusal = "forbidden"
	ExpiredKey  Refusal = "expired key"
	WrongKey    Refusal = "wrong key"
	NotFound    Refusal = "not found" // of an instance
	BadRequest  Refusal = "bad request"
	Unsupported Refusal = "unsupported" // the operation is not offered
	ServerError Refusal = "server error"
)
