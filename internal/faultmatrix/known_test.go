package faultmatrix

import (
	"slices"

	"mongodb_backup_exporter/internal/cloudsim"
)

// known is a fault of the exporter that the matrix found and that is not mended yet. Its cases are played, but they
// break no test.
type known struct {
	name, reason string
	in           func(play) bool
}

func knownFaults() []known {
	return []known{
		{
			"lost_failure", "a record of a backup that cannot be read is left out, even the failure that makes the verdict: the target turns ok",
			func(p play) bool {
				unreadable := []cloudsim.FaultKind{cloudsim.FaultWrongTypeRecord, cloudsim.FaultWrongTypeFields, cloudsim.FaultNullRecord}
				return slices.Contains(unreadable, p.row.fault.Kind) && slices.Contains([]string{every, "DescribeBackups of all", "ListBackups"}, p.victim.name)
			},
		},
		{
			"no_mode", "an attribute of a cluster without a readable record counts as \"not in cluster-backup mode\" for an hour: no window",
			func(p play) bool {
				unreadable := []cloudsim.FaultKind{cloudsim.FaultWrongTypeRecords, cloudsim.FaultWrongTypeFields, cloudsim.FaultNullRecord}
				return p.victim.op == "DescribeDBInstanceAttribute" && slices.Contains(unreadable, p.row.fault.Kind)
			},
		},
		{
			"mode_not_offered", "an attribute that the cloud says not to offer makes point-in-time recovery one that it does not offer",
			func(p play) bool { return p.victim.op == "DescribeDBInstanceAttribute" && p.row.unsupported && !p.warm },
		},
		{
			"lost_shards", "a cluster whose list of shards cannot be read loses its shards: their targets are gone, and the poll counts as good",
			func(p play) bool {
				return p.victim.op == "DescribeDBInstances" && p.row.fault.Kind == cloudsim.FaultWrongTypeFields && p.warm
			},
		},
		{
			"unreadable_list", "a list in which no status and no time can be read is one without backups: the target turns never",
			func(p play) bool {
				return p.row.fault.Kind == cloudsim.FaultInvalidUTF8 && slices.Contains(p.victim.scopes, backups)
			},
		},
		{
			"unreadable_values", "jobs, windows and policies whose words cannot be read are as if they were not there, and the poll counts as good",
			func(p play) bool {
				return p.row.fault.Kind == cloudsim.FaultInvalidUTF8 && !slices.Contains(p.victim.scopes, discovery)
			},
		},
	}
}

// knownFault returns why a case is known to fail.
func knownFault(p play) (k known, ok bool) {
	for _, k := range knownFaults() {
		if k.in(p) {
			return k, true
		}
	}
	return known{}, false
}
