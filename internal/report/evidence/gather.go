package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// History is where what was kept of earlier answers comes from.
type History interface {
	// Kept returns what was kept about a target, of backups that began at since or later.
	Kept(ctx context.Context, t backup.Target, since time.Time) (backup.Kept, error)
	// Gone returns the instances that were there at since or later and are not any more.
	Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error)
}

// Options say what a report is about. Snapshot, Since, Until and Now are required.
type Options struct {
	Snapshot     *backup.Snapshot
	History      History   // nil: nothing was kept
	Since, Until time.Time // what is to come is left out
	Now          time.Time
	Lookback     time.Duration // how far back a verdict looks
	Reach        time.Duration // how far back the lists of the snapshot go; 0: Lookback
	Instance     string        // id or name of the only instance that is wanted; "": all
}

// Subjects are what is known of targets over a time.
type Subjects struct {
	opts      Options
	instances []subject
}

// subject is an instance and the past of each of its targets.
type subject struct {
	state backup.InstanceState
	pasts []*backup.Past // in the order of state.Nodes
	gone  bool           // the cloud does not list it any more
}

// InstanceError is that the instance that was asked for is not known, or that several are called so.
type InstanceError struct {
	Name string
	Fits []backup.Target // empty: none is known
	// Unlisted are the regions of which the list of instances is not known, with the reason where one is known: it may be in one of them.
	Unlisted []string
}

// noInstance is that none of the known instances is the one that was asked for.
func noInstance(o Options) *InstanceError {
	none := &InstanceError{Name: o.Instance}
	for _, r := range o.Snapshot.Regions {
		line := newRegion(r, o.Now)
		if !r.Discovers || line.Current {
			continue
		}
		place := r.Account + "/" + r.Region
		if line.LastError != "" {
			place += " (" + line.LastError + ")"
		}
		none.Unlisted = append(none.Unlisted, place)
	}
	return none
}

// Error says so, and lists those that fit.
func (e *InstanceError) Error() string {
	if len(e.Fits) == 0 && len(e.Unlisted) > 0 {
		return fmt.Sprintf("whether an instance has the id or the name %q is not known: the list of instances is not current of %s", e.Name, strings.Join(e.Unlisted, ", "))
	}
	if len(e.Fits) == 0 {
		return fmt.Sprintf("no instance has the id or the name %q", e.Name)
	}
	var ids []string
	for _, t := range e.Fits {
		ids = append(ids, t.String())
	}
	return fmt.Sprintf("several instances are called %q: %s; say which by its id", e.Name, strings.Join(ids, ", "))
}

// Gather brings together what is known of the wanted instances. The error is an [*InstanceError], or one of the history.
func Gather(ctx context.Context, opts Options) (*Subjects, error) {
	if opts.Until.After(opts.Now) {
		opts.Until = opts.Now
	}
	if opts.Reach == 0 {
		opts.Reach = opts.Lookback
	}
	s := &Subjects{opts: opts}
	states := slices.Clone(opts.Snapshot.Instances)
	here := len(states)
	if opts.History != nil {
		gone, err := opts.History.Gone(ctx, opts.Since)
		if err != nil {
			return nil, err
		}
		states = append(states, gone...)
	}
	for i, state := range states {
		if !opts.wants(state.Instance) {
			continue
		}
		one := subject{state: state, gone: i >= here}
		for _, node := range state.Nodes {
			past, err := opts.past(ctx, &state, &node)
			if err != nil {
				return nil, err
			}
			one.pasts = append(one.pasts, past)
		}
		s.instances = append(s.instances, one)
	}
	return s, s.check()
}

func (o *Options) wants(in backup.Instance) bool {
	return o.Instance == "" || o.Instance == in.InstanceID || o.Instance == in.Name
}

// check returns an error when not exactly one instance is the one that was asked for. An id is meant before a name.
func (s *Subjects) check() error {
	if s.opts.Instance == "" {
		return nil
	}
	if byID := slices.DeleteFunc(slices.Clone(s.instances), func(one subject) bool { return one.state.Instance.InstanceID != s.opts.Instance }); len(byID) > 0 {
		s.instances = byID
	}
	if len(s.instances) == 1 {
		return nil
	}
	if len(s.instances) == 0 {
		return noInstance(s.opts)
	}
	err := &InstanceError{Name: s.opts.Instance}
	for _, one := range s.instances {
		err.Fits = append(err.Fits, one.state.Instance.Target)
	}
	return err
}

// past returns the past of one target of an instance.
func (o *Options) past(ctx context.Context, in *backup.InstanceState, node *backup.NodeState) (*backup.Past, error) {
	state := in.Target(*node)
	var kept backup.Kept
	if o.History != nil {
		var err error
		// What met an objective at the beginning of the span may have begun as long before it as a verdict looks back.
		if kept, err = o.History.Kept(ctx, state.Target, o.Since.Add(-max(o.Lookback, o.Reach))); err != nil {
			return nil, fmt.Errorf("what was kept of %s: %w", state.Target, err)
		}
	}
	kept.Lookback, kept.Reach = o.Lookback, o.Reach
	past := backup.NewPast(state, in.Objectives, kept, o.Now)
	past.Also = backup.Also{Copies: node.Copies, LastRestore: in.LastRestore, ChecksRestores: !node.RestoreChecks.TriedAt.IsZero()}
	return past, nil
}
