package poll

import (
	"maps"
	"slices"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// listed is what is known from the listings of a region.
//
// A list that moves while its pages are read lacks an instance that is there: when one is deleted, the first of the next
// page moves to a page that was read already. So an instance is forgotten only when two whole listings in a row lack it, or
// when one lacks it and the cloud, asked about the instance itself, does not know it.
type listed struct {
	instances []backup.Instance // all that are not forgotten; an instance is as the newest listing that has it says
	lacking   map[string]bool   // ids of those that the newest whole listing lacks
	count     int               // instances in the newest whole listing
}

// learnWhole applies a listing without gaps.
func (r *region) learnWhole(found []backup.Instance) {
	now := listed{instances: slices.Clone(found), lacking: map[string]bool{}, count: len(found)}
	for _, in := range without(r.listed.instances, found) {
		if !r.listed.lacking[in.InstanceID] {
			now.lacking[in.InstanceID] = true
			now.instances = append(now.instances, in)
		}
	}
	r.listed, r.heard = now, true
	r.inhabited = r.inhabited || len(found) > 0
	r.watch()
}

// learnPart applies an incomplete listing: it adds and updates instances, and forgets none.
func (r *region) learnPart(found []backup.Instance) {
	l := &r.listed
	r.inhabited = true
	l.instances = merge(l.instances, found)
	for _, in := range found {
		delete(l.lacking, in.InstanceID)
	}
	r.watch()
}

// merge returns the instances of both lists. An instance in both is taken from the newer one.
func merge(older, newer []backup.Instance) []backup.Instance {
	return slices.Concat(newer, without(older, newer))
}

// without returns the instances of a list that are not in another.
func without(list, other []backup.Instance) []backup.Instance {
	ids := make(map[string]bool, len(other))
	for _, in := range other {
		ids[in.InstanceID] = true
	}
	var rest []backup.Instance
	for _, in := range list {
		if !ids[in.InstanceID] {
			rest = append(rest, in)
		}
	}
	return rest
}

// learnGone forgets an instance that the newest whole listing lacks and that the cloud does not know.
func (r *region) learnGone(about subject, err error) {
	id := about.target.InstanceID
	// A shard that is not found may be gone alone.
	if backup.ClassOf(err) != backup.ClassNotFound || about.target.NodeID != "" || !r.listed.lacking[id] {
		return
	}
	if known := r.opts.Catalog; known != nil {
		known.LearnGone(about.target, r.opts.Now())
	}
	l := &r.listed
	delete(l.lacking, id)
	l.instances = slices.DeleteFunc(slices.Clone(l.instances), func(in backup.Instance) bool { return in.InstanceID == id })
	r.watch()
}

// unwatched returns why discovery does not watch an instance; "": it does, or the configuration names it.
func (r *region) unwatched(in backup.Instance) string { return r.conf.undiscovered(in) }

// discovers reports whether discovery covers the instance.
func (r *region) discovers(in backup.Instance) bool { return r.unwatched(in) == "" }

// excludes reports whether the instance is known and not to be watched.
func (r *region) excludes(in backup.Instance) bool { return r.conf.excludes(in) }

// show returns the known instances by id, and why those that are not watched are not.
func (r *region) show() []backup.ListedInstance {
	list := make([]backup.ListedInstance, 0, len(r.listed.instances))
	for _, in := range r.listed.instances {
		in.Target, in.Owner = r.target(in.InstanceID), in.Tags[r.conf.OwnerTag]
		one := backup.ListedInstance{Instance: in}
		if r.instances[in.InstanceID] == nil {
			one.Unwatched, one.Unmonitored = r.unwatched(in), r.isUnmonitored(in)
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b backup.ListedInstance) int { return strings.Compare(a.InstanceID, b.InstanceID) })
	return list
}

// unmonitored counts the known instances that nobody watches, see isUnmonitored.
func (r *region) unmonitored() int {
	n := 0
	for _, in := range r.listed.instances {
		if r.isUnmonitored(in) {
			n++
		}
	}
	return n
}

// isUnmonitored reports whether the configuration neither covers nor excludes an instance that has managed backup.
func (r *region) isUnmonitored(in backup.Instance) bool {
	_, watched := r.instances[in.InstanceID]
	return !watched && in.NoBackup == "" && !r.excludes(in)
}

// forgetFailures lets the failures of instances that are no longer watched be logged again.
func (r *region) forgetFailures() {
	maps.DeleteFunc(r.logged, func(t topic, _ struct{}) bool {
		return t.target.InstanceID != "" && r.instances[t.target.InstanceID] == nil
	})
}
