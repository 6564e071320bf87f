package httpsim

// Refusal is a reason to answer with an error that every cloud has. The zero value is no reason.
type Refusal string

// The reasons.
const (
	Throttled   Refusal = "throttled"
	Forbidden   Refusal = "forbidden"
	ExpiredKey  Refusal = "expired key"
	WrongKey    Refusal = "wrong key"
	NotFound    Refusal = "not found" // the instance
	ServerError Refusal = "server error"
)
