package faultmatrix

import (
	"testing"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// everyCode is of how many documented codes one is in the spread.
const everyCode = 6

// spread returns a part of the matrix: each kind of fault in one cloud, each operation with some of them, the warm phase
// and the cold one in turn.
func spread(cloud string) []play {
	own := rows(cloud)
	var all []play
	for i, r := range own {
		turn := i
		if cloud == fleet.Huawei {
			turn++
		}
		coded := r.fault.Code != ""
		if coded && i%(everyCode*fraction) != 0 || !coded && turn%2 != 0 {
			continue
		}
		all = append(all, play{nextVictim(cloud, r, len(all)), r, len(all)/len(victims(cloud))%2 == 0})
	}
	return all
}

// nextVictim returns the first victim from the one with the number on that fits the row.
func nextVictim(cloud string, r row, number int) victim {
	list := victims(cloud)
	for i := range list {
		if v := list[(number+i)%len(list)]; r.fits(v) {
			return v
		}
	}
	return list[0]
}

// fits reports whether the spread tries the row on a victim: where it hurts most and costs least.
func (r row) fits(v victim) bool {
	switch {
	case r.ofLists || r.loses:
		return v.list && r.hits(v)
	case r.heavy:
		return v.instance != ""
	case r.slow:
		return r.hits(v) && !v.partly
	}
	return r.hits(v)
}

// TestSpreadCovers states that the spread has every kind of fault and every operation.
func TestSpreadCovers(t *testing.T) {
	kinds, names := map[cloudsim.FaultKind]int{}, map[string]int{}
	warm, cold := 0, 0
	for _, cloud := range []string{fleet.Alibaba, fleet.Huawei} {
		for _, p := range spread(cloud) {
			kinds[p.row.fault.Kind]++
			names[cloud+" "+p.victim.name]++
			if p.warm {
				warm++
			} else {
				cold++
			}
		}
		for _, v := range victims(cloud) {
			if names[cloud+" "+v.name] == 0 {
				t.Errorf("%s: %s is not in the spread", cloud, v.name)
			}
		}
	}
	for _, kind := range cloudsim.FaultKinds() {
		if kinds[kind] == 0 {
			t.Errorf("%s is not in the spread", kind)
		}
	}
	t.Logf("%d warm and %d cold cases: %v, %v", warm, cold, kinds, names)
}

// TestEveryKindIsInTheMatrix states that no kind of fault is left out.
func TestEveryKindIsInTheMatrix(t *testing.T) {
	for _, cloud := range []string{fleet.Alibaba, fleet.Huawei} {
		there := map[cloudsim.FaultKind]bool{}
		for _, p := range plays(cloud) {
			there[p.row.fault.Kind] = true
		}
		for _, kind := range cloudsim.FaultKinds() {
			if !there[kind] {
				t.Errorf("%s: no row for %s", cloud, kind)
			}
		}
	}
}
