package backup

import "time"

// Forever is the retention of a policy that never deletes.
const Forever = time.Duration(1<<63 - 1)

// Policy is the cloud's own schedule for automatic backups of an instance.
type Policy struct {
	Enabled   bool           // automatic backup is on
	Retention time.Duration  // how long an automatic backup is kept; 0: not said; Forever: never deleted
	Weekdays  []time.Weekday // days with a scheduled backup (UTC), sorted from Sunday; empty: not said
	StartsAt  time.Duration  // start of the daily window, counted from 00:00 UTC
	Window    time.Duration  // length of the daily window in which the cloud picks the start; 0: not said
	Interval  time.Duration  // high-frequency backup: time between two backups; 0: off or not said
	LogBackup *bool          // point-in-time recovery is on; nil: not said
	NextAt    time.Time      // when the cloud plans the next backup; zero: not said
}
