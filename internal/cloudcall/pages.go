package cloudcall

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	// pagesAhead is how many pages of a list are asked for at the same time. A rate limit is met with fewer; more would take
	// the memory of as many answers.
	pagesAhead = 4
	// pagesFor is how long after its first page a listing that was cut short may go on. What was read changes meanwhile: a set
	// that ran may have ended, and what began later is missing.
	pagesFor = time.Hour
	// unfinishedPages is how many pages of listings that were cut short are kept, those of the newest not counted.
	unfinishedPages = 1000
)

// Pages are the pages of one long list, by the position at which each begins, as far as they came. It is for one reader at a
// time, who may read ahead.
type Pages[P any] struct {
	// Since and Until are the span of the list. It stays the same when the listing goes on later: pages of another span would
	// not fit.
	Since, Until time.Time

	mu     sync.Mutex
	got    map[int]P
	failed map[int]error // those that ReadAhead could not read
}

// Get returns the page at a position. It asks with read, unless ReadAhead has done so.
func (p *Pages[P]) Get(ctx context.Context, at int, read func(ctx context.Context, at int) (P, error)) (P, error) {
	if page, known, err := p.take(at); known {
		return page, err
	}
	page, err := read(ctx, at)
	if err == nil {
		p.put(at, page)
	}
	return page, err
}

// take returns what came of the page at a position. A failure counts once.
func (p *Pages[P]) take(at int) (page P, known bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err, known = p.failed[at]; known {
		delete(p.failed, at)
		return page, true, err
	}
	page, known = p.got[at]
	return page, known, nil
}

func (p *Pages[P]) put(at int, page P) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got[at] = page
}

// ReadAhead asks for the pages at several positions that are not there, some of them at the same time. It returns when all
// came, or those came that had been asked for when one failed. Get returns the failure.
func (p *Pages[P]) ReadAhead(ctx context.Context, positions []int, read func(ctx context.Context, at int) (P, error)) {
	var readers sync.WaitGroup
	for range min(pagesAhead, len(positions)) {
		readers.Go(func() {
			for {
				at, ok := p.next(&positions)
				if !ok {
					return
				}
				page, err := read(ctx, at)
				if err != nil {
					p.fail(at, err)
					return
				}
				p.put(at, page)
			}
		})
	}
	readers.Wait()
}

// next takes the first of the positions whose page is not there. ok is false when there is none, or a page failed.
func (p *Pages[P]) next(positions *[]int) (at int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(*positions) > 0 && len(p.failed) == 0 {
		at, *positions = (*positions)[0], (*positions)[1:]
		if _, known := p.got[at]; !known {
			return at, true
		}
	}
	return 0, false
}

func (p *Pages[P]) fail(at int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed[at] = err
}

// Last returns the last position behind after, up to at, whose page is there; at when there is none.
func (p *Pages[P]) Last(after, at int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := after
	for known := range p.got {
		if known > last && known <= at {
			last = known
		}
	}
	if last == after {
		return at
	}
	return last
}

// Forget drops the page at a position, so that it is asked for again.
func (p *Pages[P]) Forget(at int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.got, at)
}

// Unfinished keeps the pages of listings that were cut short, by what they are of, so that the next listing of the same goes
// on instead of beginning again. The zero value keeps nothing yet. It is safe for concurrent use.
type Unfinished[P any] struct {
	mu    sync.Mutex
	lists map[string]*Pages[P]
}

// NewPages returns the pages of a list of what began from since to until, of which none is there.
func NewPages[P any](since, until time.Time) *Pages[P] {
	return &Pages[P]{Since: since, Until: until, got: map[int]P{}, failed: map[int]error{}}
}

// Take returns the pages of the list that name stands for, of what began at since or later: those of the listing that was cut
// short, if it may go on, or else none, up to until. Nobody else gets them until they are kept again.
func (u *Unfinished[P]) Take(name string, since, until time.Time) *Pages[P] {
	u.mu.Lock()
	defer u.mu.Unlock()
	kept, ok := u.lists[name]
	delete(u.lists, name)
	if ok && !kept.Since.After(since) && since.Sub(kept.Since) <= pagesFor && Recent(kept.Until, until, pagesFor) {
		kept.failed = map[int]error{}
		return kept
	}
	return NewPages[P](since, until)
}

// Keep keeps pages if err, with which their listing ended, may pass. Any other says that they make no list.
func (u *Unfinished[P]) Keep(name string, pages *Pages[P], err error) {
	class := backup.ClassOf(err)
	if err == nil || len(pages.got) == 0 || (!class.Retryable() && class != backup.ClassCanceled) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.lists == nil {
		u.lists = map[string]*Pages[P]{}
	}
	for u.size() >= unfinishedPages {
		u.dropOldest()
	}
	u.lists[name] = pages
}

func (u *Unfinished[P]) size() int {
	n := 0
	for _, pages := range u.lists {
		n += len(pages.got)
	}
	return n
}

func (u *Unfinished[P]) dropOldest() {
	oldest := ""
	for name, pages := range u.lists {
		if oldest == "" || pages.Until.Before(u.lists[oldest].Until) {
			oldest = name
		}
	}
	delete(u.lists, oldest)
}
