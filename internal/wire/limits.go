package wire

import "fmt"

// What an answer may hold. A record takes up to a hundred times the memory of its shortest form, {}, so that an answer
// of acceptable size could take gigabytes without these limits. With them it takes less than 16 times its own size.
const (
	maxRecords = 10_000  // in the list of an answer. A page that was asked for has 100
	maxInner   = 1_000   // entries of a list inside a record: the shards or tags of an instance, the shards of a backup
	maxAll     = 100_000 // both together, in one answer
)

// What a list may hold over all its pages.
const (
	maxListed      = 200_000  // records, and entries inside records. 1,000 instances have 30,000 full backups in a month
	maxListedBytes = 64 << 20 // of the answers' bodies. Those 30,000 backups take 20 MB
)

// Extent is how much an answer holds. Answers that are pages of a list embed it. The zero value is nothing.
type Extent struct {
	records int // with the entries inside records
	bytes   int
}

func (e *Extent) setExtent(measured Extent) { *e = measured }

// Total is the extent of the pages of a list that were read so far. The zero value is none.
type Total struct{ sum Extent }

// Add adds a page. The error has class protocol and says that the list has grown over a limit: pages without end, or of
// more than was asked for, must not fill the memory.
func (t *Total) Add(op string, page Extent) error {
	t.sum.records += page.records
	t.sum.bytes += page.bytes
	switch {
	case t.sum.records > maxListed:
		return ProtocolError(op, fmt.Sprintf("more than %d records in all pages together", maxListed))
	case t.sum.bytes > maxListedBytes:
		return ProtocolError(op, fmt.Sprintf("more than %d MiB in all pages together", maxListedBytes>>20))
	}
	return nil
}
