package backup

import "math"

// Demand is how many calls of an operation the intervals ask for, and how many the rate allows.
type Demand struct {
	Operation string  // the cloud's own name, or AllOperations
	Asked     float64 // calls a second by the intervals, before they are stretched
	Allowed   float64 // calls a second by the rate, which throttling lowers
	First     float64 // calls that it takes to ask everything once
}

// AllOperations stands for all operations of an account that share one rate.
const AllOperations = "all"

// Ratio returns the calls asked for ÷ the calls that the rate allows, to six digits after the point: the order in which calls
// were added up must not show.
func (d Demand) Ratio() float64 {
	const digits = 1e6
	return math.Round(d.Asked/d.Allowed*digits) / digits
}
