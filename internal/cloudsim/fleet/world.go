package fleet

// World holds a fleet in which accounts and instances can be looked up. It is not safe for concurrent use.
type World struct {
	fleet  Fleet
	byID   map[instanceKey]*Instance
	serial uint64
}

type instanceKey struct{ cloud, accessKeyID, instanceID string }

// NewWorld returns a world with a copy of the fleet.
func NewWorld(f Fleet) *World {
	w := &World{fleet: f.clone()}
	w.index()
	return w
}

// Update changes the fleet. Pointers that the world returned before must not be used after it.
func (w *World) Update(change func(*Fleet)) {
	change(&w.fleet)
	w.index()
}

// index makes the instances findable. It must run after every change to the slices of the fleet.
func (w *World) index() {
	w.byID = make(map[instanceKey]*Instance)
	for i := range w.fleet.Accounts {
		a := &w.fleet.Accounts[i]
		for j := range a.Instances {
			in := &a.Instances[j]
			w.byID[instanceKey{a.Cloud, a.AccessKeyID, in.ID}] = in
		}
	}
}

// Accounts returns all customers of a cloud.
func (w *World) Accounts(cloud string) []*Account {
	var list []*Account
	for i := range w.fleet.Accounts {
		if a := &w.fleet.Accounts[i]; a.Cloud == cloud {
			list = append(list, a)
		}
	}
	return list
}

// Account returns the customer with the access key id. It returns nil when there is none.
func (w *World) Account(cloud, accessKeyID string) *Account {
	for _, a := range w.Accounts(cloud) {
		if a.AccessKeyID == accessKeyID {
			return a
		}
	}
	return nil
}

// Instance returns the instance with the given id of the customer with the access key id. It returns nil when there
// is none.
func (w *World) Instance(cloud, accessKeyID, id string) *Instance {
	return w.byID[instanceKey{cloud, accessKeyID, id}]
}

// NextSerial returns 1, 2, 3 and so on: a number for the id of something new.
func (w *World) NextSerial() uint64 {
	w.serial++
	return w.serial
}
