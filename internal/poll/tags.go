package poll

import (
	"maps"
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// completed returns a listing in which tags that could not be read are as they were before. An instance that was not
// listed before, and of which such tags decide whether it is watched, counts as one that could not be read: it must
// neither be left out silently nor be watched although it is excluded.
func (p *Poller) completed(r *region, listing backup.Listing) backup.Listing {
	p.mu.Lock()
	defer p.mu.Unlock()
	former := map[string]backup.Instance{}
	for _, in := range r.listed.instances {
		former[in.InstanceID] = in
	}
	found := listing.Instances
	listing.Instances = make([]backup.Instance, 0, len(found))
	for _, in := range found {
		old, seen := former[in.InstanceID]
		switch {
		case !in.TagsLack:
		case seen:
			in = withFormerTags(in, old)
		case r.undecided(in):
			listing.Unread++
			continue
		}
		listing.Instances = append(listing.Instances, in)
	}
	return listing
}

// withFormerTags returns the instance with the tags that it had before where they could not be read.
func withFormerTags(in, old backup.Instance) backup.Instance {
	tags := maps.Clone(old.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, in.Tags)
	in.Tags, in.TagsLack = tags, old.TagsLack
	return in
}

// undecided reports whether tags that could not be read decide whether the instance is watched.
func (r *region) undecided(in backup.Instance) bool {
	named := slices.ContainsFunc(r.conf.Instances, func(want Instance) bool { return want.ID == in.InstanceID })
	if named || !r.discovers(in) {
		return false
	}
	_, known := hasTags(in, r.conf.Tags)
	return !known || slices.ContainsFunc(r.conf.Exclude, func(e Exclusion) bool {
		_, known := e.matches(in)
		return !known
	})
}
