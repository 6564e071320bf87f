package backup

// Lifecycle says where an instance stands between its creation and its end. The zero value is LifecycleRunning: an
// instance is judged like any other unless the cloud says that there is no database to back up.
type Lifecycle uint8

// The stages of an instance.
const (
	LifecycleRunning      Lifecycle = iota // in use, or the cloud does not say otherwise
	LifecycleCreating                      // being created
	LifecycleCreateFailed                  // its creation failed
	LifecycleImpaired                      // in use, but the cloud reports trouble, for example a full disk
	LifecycleFrozen                        // locked or frozen, for example for want of payment: it may make no backups
	LifecycleDeleting                      // being deleted
	LifecycleReleased                      // deleted; the cloud still lists it, for example in a recycle bin
)

// Exists reports whether there is a database whose backups matter: nobody is paged about any other.
func (l Lifecycle) Exists() bool {
	switch l {
	case LifecycleCreating, LifecycleCreateFailed, LifecycleDeleting, LifecycleReleased:
		return false
	case LifecycleRunning, LifecycleImpaired, LifecycleFrozen:
	}
	return true
}

// ended reports whether there was a database, and is none any more.
func (l Lifecycle) ended() bool { return l == LifecycleDeleting || l == LifecycleReleased }
