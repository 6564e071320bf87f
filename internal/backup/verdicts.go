package backup

// HealthStates returns every verdict, worst first.
func HealthStates() []HealthState {
	return []HealthState{HealthNever, HealthLate, HealthUnknown, HealthFailed, HealthPending, HealthOK}
}

// Bad reports whether a verdict says that backups are not good.
func (s HealthState) Bad() bool { return s == HealthNever || s == HealthLate || s == HealthFailed }
