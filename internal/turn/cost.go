package turn

// Cost is what one question costs of one operation of a cloud.
type Cost struct {
	Operation string  // the cloud's own name
	Calls     float64 // of one question; less than 1 where a call answers several
	First     float64 // of the first one, which reads all there is; 0: as of any other
	Whole     bool    // one answer serves all questions of the region that are asked together
}

// Fleet is how much there is in a region, as it was last seen. The zero value is a region of which nothing is known.
type Fleet struct{ Instances, Backups int }

// Pages returns how many pages of a size a list has. An empty one has one.
func Pages(records, size int) float64 { return float64(max(1, (records+size-1)/size)) }
