package exporter

import (
	"time"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// kept holds parts by what they were made from. A reload goes on with each part for which nothing changed: refused
// credentials stay refused, a budget keeps its debts, and work in flight goes on.
type kept[K comparable, V any] struct {
	running map[K]V // of the configuration in force
	next    map[K]V // of the one that is being wired
}

// begin starts to wire a configuration.
func (k *kept[K, V]) begin() { k.next = map[K]V{} }

// commit puts the wired configuration in force and returns the parts that it does not use any more.
func (k *kept[K, V]) commit() []V {
	var dropped []V
	for key, part := range k.running {
		if _, used := k.next[key]; !used {
			dropped = append(dropped, part)
		}
	}
	k.running, k.next = k.next, nil
	return dropped
}

// find returns the part for a key, and notes that it is used.
func (k *kept[K, V]) find(key K) (V, bool) {
	if part, ok := k.next[key]; ok {
		return part, true
	}
	part, ok := k.running[key]
	if ok {
		k.next[key] = part
	}
	return part, ok
}

// get returns the part for a key, and makes it if there is none.
func (k *kept[K, V]) get(key K, create func() V) V {
	part, ok := k.find(key)
	if !ok {
		part = create()
		k.next[key] = part
	}
	return part
}

// identity is the credentials of a cloud as they are configured. Accounts with the same identity share a breaker and the rate
// limits. Which of them have the same access key id shows only when files are read: [cloudcall.Memory] counts their refusals
// together.
type identity struct {
	cloud       string
	credentials config.Credentials
}

// budgetKey is what a rate limit was made from. The clouds count the calls of whoever makes them, whatever accounts of the
// configuration they are for.
type budgetKey struct {
	identity
	region    string // "": all regions
	perSecond float64
}

// accountKey names an account.
type accountKey struct{ cloud, account string }

// transportKey is what a transport was made from.
type transportKey struct {
	cloud, account string
	concurrency    int
}

// sourceKey is what a Source was made from.
type sourceKey struct {
	transportKey
	budgetKey
	endpoint, projectID, iamEndpoint string
	region                           string
	timeout, fullRead                time.Duration
}

// workshop makes the parts of an exporter, and keeps them over reloads.
type workshop struct {
	memories   map[string]*cloudcall.Memory // by cloud: what is known of refused credentials over all configurations
	breakers   kept[identity, *cloudcall.Breaker]
	budgets    kept[budgetKey, *cloudcall.Budget]
	transports kept[transportKey, *cloudcall.Transport]
	sources    kept[sourceKey, poll.Source]
	regions    kept[accountKey, *regionList]
}

// memory returns what the breakers of a cloud share, also over reloads.
func (w *workshop) memory(cloud string) *cloudcall.Memory {
	if w.memories == nil {
		w.memories = map[string]*cloudcall.Memory{}
	}
	if w.memories[cloud] == nil {
		w.memories[cloud] = new(cloudcall.Memory)
	}
	return w.memories[cloud]
}

func (w *workshop) begin() {
	w.breakers.begin()
	w.budgets.begin()
	w.transports.begin()
	w.sources.begin()
	w.regions.begin()
}

func (w *workshop) commit() {
	w.breakers.commit()
	w.budgets.commit()
	w.sources.commit()
	w.regions.commit()
	for _, unused := range w.transports.commit() {
		unused.CloseIdleConnections()
	}
}

// close drops the connections that no call uses.
func (w *workshop) close() {
	for _, t := range w.transports.running {
		t.CloseIdleConnections()
	}
}
