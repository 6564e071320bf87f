package catalog

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// policyCap is how many versions of a policy are held in memory for one instance. A policy that somebody changes every day
// does not get there within two months. Of older ones, what shortens a retention is kept, and the file has them.
const policyCap = 64

// PolicyVersion is a policy and when it was in force. The first that was read counts as always in force before.
type PolicyVersion struct {
	Policy backup.Policy // what the cloud did not say once, it has from when the cloud said it
	First  time.Time     // when it was first read: it was put in force at some time after Last of the version before
	Last   time.Time     // when it was last read
}

// Policies are the versions of an instance's policy, the oldest first.
type Policies []PolicyVersion

// At returns the policy that was in force at t, as far as it is known; false: none was ever read.
func (p Policies) At(t time.Time) (PolicyVersion, bool) {
	for _, version := range slices.Backward(p) {
		if !version.First.After(t) {
			return version, true
		}
	}
	if len(p) == 0 {
		return PolicyVersion{}, false
	}
	return p[0], true
}

// ChangedAt returns when the policy was last seen to differ; zero: it never was.
func (p Policies) ChangedAt() time.Time {
	if len(p) < 2 {
		return time.Time{}
	}
	return p[len(p)-1].First
}

// policies are the versions of an instance's policy in memory.
type policies struct {
	versions Policies
	written  int // how many of versions are in the file as they are
	floor    floor
}

// floor is what the versions that were dropped from memory mean for the sets of their time.
type floor struct {
	dropped  bool
	shortest time.Duration // the shortest retention; 0: one is not known
	thins    bool          // one had high-frequency backups
}

// learn learns the policy that was read. It is another version when it differs in something that both say. The moment of
// the next backup is no part of that.
func (p *policies) learn(policy backup.Policy, at, before time.Time) {
	last := len(p.versions) - 1
	if last >= 0 && !p.versions[last].Policy.Differs(policy) {
		is := policy.Filled(p.versions[last].Policy)
		if changed := is.Differs(p.versions[last].Policy) || fillsIn(&is, &p.versions[last].Policy); changed {
			p.written = min(p.written, last)
		}
		p.versions = slices.Clone(p.versions) // what was returned is not changed
		p.versions[last].Policy, p.versions[last].Last = is, later(p.versions[last].First, at)
		return
	}
	if last >= 0 {
		p.versions = slices.Clone(p.versions)
		p.versions[last].Last = later(p.versions[last].Last, before)
		p.written = min(p.written, last)
		at = later(at, p.versions[last].First.Add(time.Millisecond)) // a clock that went back does not change the order
	}
	p.add(PolicyVersion{Policy: policy, First: at, Last: at})
}

// add appends a version, and drops the oldest when there are too many.
func (p *policies) add(version PolicyVersion) {
	p.versions = append(p.versions, version)
	if len(p.versions) <= policyCap {
		return
	}
	p.floor = p.floor.with(&p.versions[0].Policy)
	p.versions = p.versions[1:]
	p.written = max(0, p.written-1)
}

func (f floor) with(p *backup.Policy) floor {
	if !f.dropped {
		return floor{true, p.ShortestRetention(), p.Thins()}
	}
	return floor{true, min(f.shortest, p.ShortestRetention()), f.thins || p.Thins()}
}

// since returns the shortest retention that was in force since a moment, and whether backups were thinned out in that time;
// 0: the retention is not known for all of that time.
func (p *policies) since(t time.Time) (shortest time.Duration, thins bool) {
	var f floor
	if len(p.versions) > 0 && t.Before(p.versions[0].First) {
		f = p.floor
	}
	for i := range p.versions {
		ended := i+1 < len(p.versions) && !p.versions[i+1].First.After(t)
		if !ended {
			f = f.with(&p.versions[i].Policy)
		}
	}
	return f.shortest, f.thins
}

// fillsIn reports whether a policy says something that an earlier one, from which it does not differ, did not say.
func fillsIn(p, before *backup.Policy) bool {
	is, was := recordOfPolicy(p), recordOfPolicy(before)
	is.NextAt, was.NextAt = 0, 0
	return marshal(is) != marshal(was)
}
