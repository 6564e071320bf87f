package fleet

import (
	"maps"
	"slices"
)

// clone copies all that a caller could change later; only the values in an Override stay shared.
func (f Fleet) clone() Fleet {
	f.Accounts = slices.Clone(f.Accounts)
	for i := range f.Accounts {
		a := &f.Accounts[i]
		a.ProjectIDs = maps.Clone(a.ProjectIDs)
		a.Regions = slices.Clone(a.Regions)
		a.Denied = slices.Clone(a.Denied)
		a.Roles = slices.Clone(a.Roles)
		for j := range a.Roles {
			a.Roles[j].Users = slices.Clone(a.Roles[j].Users)
		}
		a.Instances = slices.Clone(a.Instances)
		for j := range a.Instances {
			a.Instances[j] = a.Instances[j].clone()
		}
	}
	return f
}

func (in Instance) clone() Instance {
	in.Tags = maps.Clone(in.Tags)
	in.Shards = slices.Clone(in.Shards)
	in.Policy.Override = maps.Clone(in.Policy.Override)
	in.Policy.Weekdays = slices.Clone(in.Policy.Weekdays)
	in.Backups = slices.Clone(in.Backups)
	in.Jobs = slices.Clone(in.Jobs)
	in.Recovery = slices.Clone(in.Recovery)
	in.LogGaps = slices.Clone(in.LogGaps)
	in.Restores = slices.Clone(in.Restores)
	if in.Live != nil {
		live := *in.Live
		live.Shards = slices.Clone(live.Shards)
		in.Live = &live
	}
	return in
}
