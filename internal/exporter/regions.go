package exporter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// entry is what the wiring makes a poll.Region of: a region of the configuration, or one that stands for all others and
// was found by their list.
type entry struct {
	config.Region
	found bool
}

// lists reports whether the entry is the one for all regions, which asks for their list.
func (en entry) lists() bool { return en.ID == config.AllRegions }

// entries returns the regions of the account, in the order of the configuration. After the entry for all regions come
// those that were found, with its settings and their own id.
func (a *account) entries() []entry {
	var all []entry
	for _, r := range a.conf.Regions {
		all = append(all, entry{r, false})
		if r.ID != config.AllRegions {
			continue
		}
		for _, id := range a.regionList().ids() {
			if !slices.ContainsFunc(a.conf.Regions, func(named config.Region) bool { return named.ID == id }) {
				found := r
				found.ID = id
				all = append(all, entry{found, true})
			}
		}
	}
	return all
}

// regionList is what is known of the regions of an account. It is kept over reloads, and safe for concurrent use. A
// region is forgotten when two whole lists in a row lack it.
type regionList struct {
	mu      sync.Mutex
	known   []string // sorted
	lacking []string // those of known that the newest whole list lacks
}

// regionHeld is how much longer ago than another region of the account a region may have been listed to be known at a start.
// The catalog does not say which regions the account has lost.
const regionHeld = 7 * 24 * time.Hour

// newRegionList returns the regions of the account that the catalog knows, so that a start without the cloud has them.
func (a *account) newRegionList() *regionList {
	listed := map[string]time.Time{}
	var newest time.Time
	for _, r := range a.catalog.Regions() {
		if r.Cloud != a.cloud.name || r.Account != a.conf.Name || r.Region == config.AllRegions {
			continue
		}
		at := a.catalog.Listed(r).At
		listed[r.Region] = at
		if at.After(newest) {
			newest = at
		}
	}
	maps.DeleteFunc(listed, func(_ string, at time.Time) bool { return !at.IsZero() && newest.Sub(at) > regionHeld })
	return &regionList{known: slices.Sorted(maps.Keys(listed))}
}

// ids returns the known regions, sorted.
func (l *regionList) ids() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}

// learn applies a list of regions, which has gaps unless it is whole, and returns what it adds and what is forgotten.
func (l *regionList) learn(listed []string, whole bool) (added, gone []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	added, absent := without(listed, l.known), without(l.known, listed)
	if whole {
		for _, id := range absent {
			if slices.Contains(l.lacking, id) {
				gone = append(gone, id)
			}
		}
		l.lacking = without(absent, gone)
	} else {
		l.lacking = without(l.lacking, listed)
	}
	l.known = slices.Concat(without(l.known, gone), added)
	slices.Sort(l.known)
	return added, gone
}

// without returns the elements of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(other, id) })
}

// regionLister is a Source of a cloud that lists regions. An error that comes with ids says that some could not be read.
type regionLister interface {
	Regions(ctx context.Context) (ids []string, err error)
}

// regionSource is the Source of an entry for all regions. Its listing is the list of regions, which has no instances.
type regionSource struct {
	poll.Source
	lister regionLister
	learn  func(listed []string, whole bool) error
}

// Instances asks for the regions and puts those in force that are new.
func (s *regionSource) Instances(ctx context.Context) (backup.Listing, error) {
	ids, err := s.lister.Regions(ctx)
	if len(ids) == 0 {
		return backup.Listing{}, err
	}
	if err := s.learn(ids, err == nil); err != nil {
		return backup.Listing{}, err
	}
	return backup.Listing{Failed: err}, nil
}

// ofRegions returns the Source of the entry for all regions, made of the cloud's.
func (a *account) ofRegions(source poll.Source) (poll.Source, error) {
	lister, ok := source.(regionLister)
	if !ok {
		return nil, fmt.Errorf("%s has no list of regions", a.cloud.name)
	}
	list := a.regionList()
	return &regionSource{source, lister, func(listed []string, whole bool) error {
		added, gone := list.learn(listed, whole)
		if len(added)+len(gone) == 0 {
			return nil
		}
		level.Info(a.logger).Log("msg", "The regions of the account changed", "cloud", a.cloud.name, "account", a.conf.Name,
			"new", strings.Join(added, ","), "gone", strings.Join(gone, ","))
		return a.reapply()
	}}, nil
}

// regionList returns what is known of the account's regions.
func (a *account) regionList() *regionList {
	return a.workshop.regions.get(accountKey{a.cloud.name, a.conf.Name}, a.newRegionList)
}
