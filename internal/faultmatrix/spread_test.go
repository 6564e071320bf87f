package faultmatrix

import (
	"slices"
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
		if coded && i%(everyCode*fraction) != 0 || !coded && turn%(2*everyRow) != 0 {
			continue
		}
		all = append(all, play{nextVictim(cloud, r, len(all)), r, len(all)/len(victims(cloud))%2 == 0})
	}
	return append(all, missing(cloud, own, all)...)
}

// missing returns a case for each operation that has none among the plays.
func missing(cloud string, own []row, plays []play) []play {
	var all []play
	for _, v := range victims(cloud) {
		if slices.ContainsFunc(plays, func(p play) bool { return p.victim.name == v.name }) {
			continue
		}
		if i := slices.IndexFunc(own, func(r row) bool { return r.fits(v) }); i >= 0 {
			all = append(all, play{v, own[i], true})
		}
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

// kindsOnce is the value of FAULT_MATRIX for each kind in each operation once, but for kinds of transport.
const kindsOnce = "kinds"

// ofTransport are the kinds that concern time, bytes and connections: what reads those is the same for every operation of a cloud.
func ofTransport(kind cloudsim.FaultKind) bool {
	return slices.ContainsFunc(slices.Concat(slowRows(), bodyRows(), connectionRows()), func(r row) bool {
		return r.fault.Kind == kind && !r.endpoint
	})
}

// eachKindOnce returns the part of the matrix with each kind of fault in each operation of the cloud once; those of transport are
// in two operations, and left out of the next two, so that each is in both phases. The forms of a kind, such as statuses and
// codes, take turns, and so do the places that an operation can be hit in, the warm phase and the cold one.
func eachKindOnce(cloud string) []play {
	forms := map[cloudsim.FaultKind][]row{}
	var kinds []cloudsim.FaultKind
	for _, r := range rows(cloud) {
		if forms[r.fault.Kind] == nil {
			kinds = append(kinds, r.fault.Kind)
		}
		forms[r.fault.Kind] = append(forms[r.fault.Kind], r)
	}
	var all []play
	for i, kind := range kinds {
		for j, places := range byOperation(victims(cloud)) {
			if ofTransport(kind) && (i+j/2)%2 == 1 {
				continue
			}
			var fitting []play
			for _, v := range places {
				for _, r := range forms[kind] {
					if r.hits(v) {
						fitting = append(fitting, play{v, r, (i+j)%2 == 0})
					}
				}
			}
			if len(fitting) > 0 {
				all = append(all, fitting[(i+j)%len(fitting)])
			}
		}
	}
	return all
}

// byOperation returns the victims, those of an operation together.
func byOperation(all []victim) [][]victim {
	var lists [][]victim
	for _, v := range all {
		i := slices.IndexFunc(lists, func(l []victim) bool { return l[0].op == v.op })
		if i < 0 {
			i, lists = len(lists), append(lists, nil)
		}
		lists[i] = append(lists[i], v)
	}
	return lists
}

// TestEachKindIsInEachOperation states that the part of the matrix with each kind once leaves no pair of a kind and an operation
// out that the whole has, and plays none twice.
func TestEachKindIsInEachOperation(t *testing.T) {
	for _, cloud := range []string{fleet.Alibaba, fleet.Huawei} {
		times := map[string]int{}
		for _, p := range eachKindOnce(cloud) {
			times[pair(p)]++
		}
		for _, p := range plays(cloud) {
			if n := times[pair(p)]; n != 1 && (n != 0 || !ofTransport(p.row.fault.Kind)) {
				t.Errorf("%s: %s is played %d times, want once", cloud, pair(p), n)
			}
		}
	}
}

// TestKindsOfTransportAreSpread states that the same part leaves out at most two thirds of what there is of each kind of transport
// and of each operation, and that both phases have their share.
func TestKindsOfTransportAreSpread(t *testing.T) {
	for _, cloud := range []string{fleet.Alibaba, fleet.Huawei} {
		whole, part, warm := map[string]map[string]bool{}, map[string]map[string]bool{}, 0
		count := func(into map[string]map[string]bool, list []play) {
			for _, p := range list {
				for _, of := range []string{p.victim.op, string(p.row.fault.Kind)} {
					if !ofTransport(p.row.fault.Kind) {
						continue
					}
					if into[of] == nil {
						into[of] = map[string]bool{}
					}
					into[of][pair(p)] = true
				}
			}
		}
		count(whole, plays(cloud))
		count(part, eachKindOnce(cloud))
		for of := range whole {
			if 3*len(part[of]) < len(whole[of]) {
				t.Errorf("%s: %d cases of %d are played of %q", cloud, len(part[of]), len(whole[of]), of)
			}
		}
		chosen := slices.DeleteFunc(eachKindOnce(cloud), func(p play) bool { return !ofTransport(p.row.fault.Kind) })
		for _, p := range chosen {
			if p.warm {
				warm++
			}
		}
		if cold := len(chosen) - warm; 3*min(warm, cold) < len(chosen) {
			t.Errorf("%s: of the kinds of transport %d cases are warm and %d cold", cloud, warm, cold)
		}
	}
}

// pair names the kind and the operation of a case.
func pair(p play) string { return p.victim.op + " " + string(p.row.fault.Kind) }

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
		if everyRow == 1 && kinds[kind] == 0 {
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
