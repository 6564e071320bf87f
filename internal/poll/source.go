package poll

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Clock compares the clock of a cloud with ours.
type Clock interface {
	// Skew returns how far the cloud's clock is ahead of ours now, in whole seconds, negative when it is behind. It is
	// false until an answer of the cloud has told its time. It makes no call.
	Skew() (ahead time.Duration, known bool)
}

// Source asks one account in one region of a cloud. Implementations are safe for concurrent use, return within
// 300 ms of the end of ctx, keep no goroutine after returning, and return a [*backup.Error] for every failure.
//
// An answer is complete or an error: a page that cannot be read fails the call. A single record that cannot be read is
// left out, and the source counts it.
type Source interface {
	Clock
	Extras
	// Instances lists every instance of the region, with its shards. Listed instances that cannot be read are counted
	// in Listing.Unread. An error means that nothing was listed.
	Instances(ctx context.Context) (backup.Listing, error)
	// Backups lists the backups of one target of in that started at since or later, the newest start first. Node is one
	// of in.Nodes, or "" where in has none. A cloud may tell the jobs in the same list, and not offer Jobs.
	Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error)
	// Jobs lists the instance's backup jobs. The error has ClassUnsupported where the cloud has no such list for the
	// instance.
	Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error)
	// Policy returns the instance's schedule for automatic backups.
	Policy(ctx context.Context, in backup.Instance) (backup.Policy, error)
	// Recovery returns the span in which any moment can be restored: the newest one if there are several, the zero Window
	// if there is none at present. The error has ClassUnsupported where the instance has no point-in-time recovery.
	Recovery(ctx context.Context, in backup.Instance) (backup.Window, error)
}

// Extras asks for what is needed for some instances only. The promises of Source hold for it too.
type Extras interface {
	// Copies lists the copies in the region to of the backups of one target that started at since or later. Node is as in
	// Source.Backups. The error has ClassUnsupported where the cloud has no such list.
	Copies(ctx context.Context, in backup.Instance, node, to string, since time.Time) (backup.Copies, error)
	// Increments lists the incremental backups of one target that Backups leaves out, the newest start first. It may cover
	// less time than was asked for. A list that was asked for no kind says that they are not known. The error has
	// ClassUnsupported where Backups leaves none out. Node is as in Source.Backups.
	Increments(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error)
	// CheckRestore asks whether a backup of in could be restored. It starts nothing. The error has ClassUnsupported where
	// the cloud cannot say so of the instance.
	CheckRestore(ctx context.Context, in backup.Instance, backupID string) (backup.RestoreCheck, error)
	// LastRestore returns when backups of in were last restored, as far back as the cloud tells; the zero time when none
	// were. The error has ClassUnsupported where the cloud does not list restores.
	LastRestore(ctx context.Context, in backup.Instance) (time.Time, error)
}
