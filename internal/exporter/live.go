package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// Check is what came of asking one scope of one region, or one optional operation.
type Check struct {
	Account, Region string
	Scope           backup.Scope
	Optional        string            // the cloud's name of an operation without which nothing fails; "": Scope was asked
	InstanceID      string            // the instance that was asked about; "": the scope is not about one
	Err             error             // nil: the call worked
	Found           []backup.Instance // by a listing: all instances of the region
	Unwatched       []Unwatched       // of those: which the configuration leaves out
	LeftOut         bool              // the cloud does not offer the region, which only its list of regions brought
}

// Unwatched is a listed instance that is not watched, and why, in words for a person.
type Unwatched struct {
	Instance backup.Instance
	Why      string
}

// NotOffered reports whether the cloud has nothing to say, and nothing is wrong with that.
func (c Check) NotOffered() bool {
	return c.Scope.Optional() && backup.ClassOf(c.Err) == backup.ClassUnsupported
}

// CheckLive asks every scope in every region, about one instance of each kind, and passes on each outcome. It begins with
// the regions of the accounts that are to list them.
func (e *Exporter) CheckLive(ctx context.Context, pass func(Check)) {
	e.findRegions(ctx, Place{}, func(r poll.Region, err error) {
		pass(Check{Account: r.Account, Region: r.Region, Scope: backup.ScopeDiscovery, Err: err})
	})
	for _, r := range e.Regions() {
		if !r.OfRegions {
			e.checkRegion(ctx, r, pass)
		}
	}
}

func (e *Exporter) checkRegion(ctx context.Context, r poll.Region, pass func(Check)) {
	listing, err := r.Source.Instances(ctx)
	pass(Check{
		Account: r.Account, Region: r.Region, Scope: backup.ScopeDiscovery,
		Err: cmp.Or(err, listing.Err()), Found: listing.Instances, Unwatched: unwatched(r, listing.Instances), LeftOut: r.LeavesOut(err),
	})
	chosen := samples(r, listing.Instances)
	for _, in := range chosen {
		for _, scope := range backup.Scopes() {
			if scope == backup.ScopeDiscovery {
				continue
			}
			if asked, err := ask(ctx, r, scope, in, e.now()); asked {
				pass(Check{Account: r.Account, Region: r.Region, Scope: scope, InstanceID: in.InstanceID, Err: err})
			}
		}
	}
	if len(chosen) > 0 {
		checkOptional(ctx, r, pass)
	}
}

// unwatched returns the instances of a listing that the configuration leaves out.
func unwatched(r poll.Region, found []backup.Instance) []Unwatched {
	var all []Unwatched
	for _, in := range found {
		if why := r.Unwatched(in); why != "" {
			all = append(all, Unwatched{in, why})
		}
	}
	return all
}

// optionalOperations is a Source that asks the whole region for more than the scopes, where it may.
type optionalOperations interface {
	// OptionalOperations returns what makes each of those operations once, by its name.
	OptionalOperations() map[string]func(context.Context) error
}

func checkOptional(ctx context.Context, r poll.Region, pass func(Check)) {
	source, ok := r.Source.(optionalOperations)
	if !ok {
		return
	}
	operations := source.OptionalOperations()
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		pass(Check{Account: r.Account, Region: r.Region, Optional: name, Err: operations[name](ctx)})
	}
}

// findRegions asks for the regions of the accounts that are to list them, so that Regions has them, and passes on each
// outcome.
func (e *Exporter) findRegions(ctx context.Context, at Place, pass func(poll.Region, error)) {
	for _, r := range e.Regions() {
		if r.OfRegions && (at.Account == "" || at.Account == r.Account) {
			listing, err := r.Source.Instances(ctx)
			pass(r, cmp.Or(err, listing.Err()))
		}
	}
}

// ask puts one question about an instance, and drops the answer. It is not asked where the policy or
// the configuration makes no use of it.
func ask(ctx context.Context, r poll.Region, scope backup.Scope, in backup.Instance, now time.Time) (asked bool, err error) {
	source, node, since := r.Source, in.Targets()[0].NodeID, now.Add(-24*time.Hour)
	switch scope {
	case backup.ScopeBackups:
		_, err = source.Backups(ctx, in, node, since)
	case backup.ScopeJobs:
		_, err = source.Jobs(ctx, in)
	case backup.ScopePolicy:
		_, err = source.Policy(ctx, in)
	case backup.ScopeRecovery:
		_, err = source.Recovery(ctx, in)
	case backup.ScopeCopies:
		return askCopies(ctx, source, in, since)
	case backup.ScopeRestoreCheck:
		return askRestoreCheck(ctx, r, in, now)
	case backup.ScopeRestores:
		if !r.Restores {
			return false, nil
		}
		_, err = source.LastRestore(ctx, in)
	default:
		err = fmt.Errorf("no question for the scope %s", scope)
	}
	return true, err
}

// askCopies asks for copies where the policy says that there are some. A policy that cannot be read has a failure of its own.
func askCopies(ctx context.Context, source poll.Source, in backup.Instance, since time.Time) (asked bool, err error) {
	policy, err := source.Policy(ctx, in)
	if err == nil && policy.CopyRegion != "" {
		_, err = source.Copies(ctx, in, in.Targets()[0].NodeID, policy.CopyRegion, since)
		return true, err
	}
	return false, nil
}

// askRestoreCheck asks about the newest backup of the last week, if there is one.
func askRestoreCheck(ctx context.Context, r poll.Region, in backup.Instance, now time.Time) (asked bool, err error) {
	if !r.RestoreCheck || len(in.Nodes) > 0 {
		return false, nil
	}
	list, err := r.Source.Backups(ctx, in, "", now.AddDate(0, 0, -7))
	newest := backup.ToCheck(backup.Reading[backup.List]{Value: list, At: now, GoodUntil: now.Add(time.Hour)}, now)
	if err == nil && newest != nil {
		_, err = r.Source.CheckRestore(ctx, in, newest.ID)
		return true, err
	}
	return false, nil // a list that cannot be read has a failure of its own
}

// samples chooses the instances to ask about: one of each topology and storage, as these need different operations. Those
// that the configuration names come first. A named instance that is not listed is asked about, too. Others are left out when
// there is nothing to ask: they have no managed backup, or are not running.
func samples(r poll.Region, found []backup.Instance) []backup.Instance {
	type kind struct{ topology, storage string }
	seen := map[kind]bool{}
	var chosen []backup.Instance
	choose := func(in backup.Instance) {
		if k := (kind{in.Topology, in.Storage}); !seen[k] {
			seen[k] = true
			chosen = append(chosen, in)
		}
	}
	for _, want := range r.Instances {
		i := slices.IndexFunc(found, func(in backup.Instance) bool { return in.InstanceID == want.ID })
		if i < 0 {
			chosen = append(chosen, backup.Instance{Target: target(r, want.ID), Nodes: want.Nodes})
			continue
		}
		choose(found[i])
	}
	if r.Discover {
		for _, in := range found {
			if in.NoBackup == "" && in.Lifecycle.Exists() {
				choose(in)
			}
		}
	}
	return chosen
}

func target(r poll.Region, id string) backup.Target {
	return backup.Target{Cloud: r.Cloud, Account: r.Account, Region: r.Region, InstanceID: id}
}

// RefreshInstance asks the clouds for what is due about the instance with an id or name, and for the instances of the regions
// that were never listed. A name is found where the cloud lists it.
func (e *Exporter) RefreshInstance(ctx context.Context, idOrName string) {
	e.poller.RefreshInstance(ctx, idOrName)
	if e.poller.Known(idOrName) {
		return
	}
	for _, in := range e.poller.Snapshot().Instances {
		if in.Instance.Name == idOrName {
			e.poller.RefreshInstance(ctx, in.Instance.InstanceID)
		}
	}
}

// FindWatched returns a watched instance that a refresh has found. ok is false when there is none.
func (e *Exporter) FindWatched(of backup.Target) (found Found, ok bool) {
	for _, in := range e.poller.Snapshot().Instances {
		if in.Instance.Target != of {
			continue
		}
		for _, r := range e.Regions() {
			if target(r, of.InstanceID) == of {
				return Found{r.Source, in.Instance}, true
			}
		}
	}
	return Found{}, false
}

// Place is where to look for an instance. Empty fields mean everywhere.
type Place struct{ Account, Region string }

func (p Place) holds(r poll.Region) bool {
	return (p.Account == "" || p.Account == r.Account) && (p.Region == "" || p.Region == r.Region)
}

// NotListedError is that no account lists an instance.
type NotListedError struct {
	InstanceID string
	Failures   []error // of the listings that could not be read, so that the instance may be there

	refused []poll.Region // those of them that the account may not read
}

// Error says so, without the failures.
func (e *NotListedError) Error() string { return "no account lists instance " + e.InstanceID }

// Unwrap returns the failures.
func (e *NotListedError) Unwrap() []error { return e.Failures }

// Find asks the clouds for the instance with an id or, where none has it, a name. The
// error says where it is if it is in several places or several have the name. It is a [*NotListedError] if it is nowhere.
func (e *Exporter) Find(ctx context.Context, idOrName string, at Place) (Found, error) {
	var byID, byName []Found
	var failures []error
	var refused []poll.Region
	note := func(r poll.Region, err error) {
		if err != nil && !r.LeavesOut(err) {
			failures = append(failures, fmt.Errorf("%s/%s: %w", r.Account, r.Region, err))
		}
		if backup.ClassOf(err) == backup.ClassPermission && !r.OfRegions {
			refused = append(refused, r)
		}
	}
	e.findRegions(ctx, at, note)
	for _, r := range e.Regions() {
		if r.OfRegions || !at.holds(r) {
			continue
		}
		listing, err := r.Source.Instances(ctx)
		note(r, cmp.Or(err, listing.Err()))
		for _, in := range listing.Instances {
			in.Target = target(r, in.InstanceID)
			switch idOrName {
			case in.InstanceID:
				byID = append(byID, Found{r.Source, in})
			case in.Name:
				byName = append(byName, Found{r.Source, in})
			}
		}
	}
	if len(byID) == 0 {
		byID = byName
	}
	switch len(byID) {
	case 0:
		return Found{}, &NotListedError{InstanceID: idOrName, Failures: failures, refused: refused}
	case 1:
		return byID[0], nil
	}
	return Found{}, severalError(idOrName, byID)
}

// FindUnlisted returns an instance, as Find does. Where the account may not list instances, it takes the id for that of an
// instance of the one region where it can be: that which names it, or else the only one. Nothing more is known of it then.
func (e *Exporter) FindUnlisted(ctx context.Context, id string, at Place) (Found, error) {
	found, err := e.Find(ctx, id, at)
	none, ok := errors.AsType[*NotListedError](err)
	if !ok {
		return found, err
	}
	named := slices.DeleteFunc(slices.Clone(none.refused), func(r poll.Region) bool {
		return !slices.ContainsFunc(r.Instances, func(in poll.Instance) bool { return in.ID == id })
	})
	if len(named) == 0 {
		named = none.refused
	}
	if len(named) != 1 {
		return found, err
	}
	return Found{named[0].Source, backup.Instance{Target: target(named[0], id)}}, nil
}

// Found is an instance in the region that lists it.
type Found struct {
	Source   poll.Source
	Instance backup.Instance
}

func severalError(idOrName string, all []Found) error {
	var places []string
	for _, f := range all {
		places = append(places, f.Instance.Target.String())
	}
	return fmt.Errorf("%d instances are called %s: %s; give the id of one, and say where it is with --account and --region",
		len(all), idOrName, strings.Join(places, ", "))
}
