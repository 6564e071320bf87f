package backup

// Scope is one of the questions that are put to a cloud, as the label scope and the log name it. The zero value is no
// scope.
type Scope string

// The scopes.
const (
	ScopeDiscovery Scope = "discovery" // the instances of a region
	ScopeBackups   Scope = "backups"   // the backups of a target
	ScopeJobs      Scope = "jobs"      // the backup jobs of an instance
	ScopePolicy    Scope = "policy"    // the backup policy of an instance
	ScopeRecovery  Scope = "recovery"  // the point-in-time window of an instance
	ScopeCopies    Scope = "copies"    // the copies of a target in another region

	ScopeRestoreCheck Scope = "restore_check" // whether the newest backup of a target could be restored
	ScopeRestores     Scope = "restores"      // when backups of an instance were last restored
)

// Scopes returns every scope, in the order in which they are asked.
func Scopes() []Scope {
	return []Scope{ScopeDiscovery, ScopeBackups, ScopeJobs, ScopePolicy, ScopeRecovery, ScopeCopies, ScopeRestoreCheck, ScopeRestores}
}

// String returns the value of the label scope.
func (s Scope) String() string { return string(s) }

// Optional reports whether a cloud may answer that it does not offer this (ClassUnsupported) without anything being
// wrong.
func (s Scope) Optional() bool {
	switch s {
	case ScopeJobs, ScopeRecovery, ScopeCopies, ScopeRestoreCheck, ScopeRestores:
		return true
	case ScopeDiscovery, ScopeBackups, ScopePolicy:
	}
	return false
}
