package catalog

import (
	"context"
	"database/sql"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// What a flush prunes at most. With a flush every five seconds it gets round 10,000 targets in five hours.
const (
	pruneTargets = 3
	pruneRows    = 500
)

// thinAfter is how long ago an incremental set left before memory forgets it and the file thins it out.
const thinAfter = 48 * time.Hour

// The statements that prune what belongs to one target. :target is its number, :old the time before which the file keeps
// nothing, :held the time before which memory holds nothing, :removed the same for sets that were removed early, :thin the
// same for incremental sets, :rows how many rows to delete at most, :instance whether memory holds the instance, :backups
// whether it holds the target itself. What memory holds as listed stays however old it is, because memory does not write it
// again. The newest policy and the newest count of instances stay, too.
func pruners() []string {
	return []string{
		// What memory forgot is moved to where a start does not read it.
		`INSERT OR REPLACE INTO past_set SELECT * FROM backup_set WHERE ` + forgotten,
		`DELETE FROM backup_set WHERE ` + forgotten,
		`DELETE FROM past_set WHERE target = :target AND id IN (SELECT id FROM past_set
			WHERE target = :target AND last_seen < :old LIMIT :rows)`,
		`DELETE FROM backup_set WHERE target = :target AND NOT :backups
			AND coalesce((SELECT at FROM reading WHERE target = :target AND scope = 'backups'), 0) < :old`,
		`DELETE FROM reading WHERE target = :target AND NOT :backups AND scope = 'backups' AND at < :old`,
		`DELETE FROM job WHERE target = :target AND id IN (SELECT id FROM job WHERE target = :target AND CASE
			WHEN listed = 0 THEN last_seen
			WHEN :instance THEN :old
			ELSE coalesce((SELECT at FROM reading WHERE target = :target AND scope = 'jobs'), 0)
			END < :old LIMIT :rows)`,
		`DELETE FROM policy WHERE target = :target AND last_seen < :old
			AND first_seen < (SELECT max(first_seen) FROM policy WHERE target = :target)`,
		`DELETE FROM listing WHERE target = :target AND last_seen < :old
			AND first_seen < (SELECT max(first_seen) FROM listing WHERE target = :target)`,
		// Some clouds make an incremental set every few minutes. The first of each hour stays.
		`DELETE FROM past_set WHERE target = :target AND id IN (SELECT id FROM (
			SELECT id, row_number() OVER (PARTITION BY started / 3600000 ORDER BY started, id) AS place FROM past_set
			WHERE target = :target AND kind = 2
			) WHERE place > 1 LIMIT :rows)`,
	}
}

// forgotten are the sets that memory does not hold any more.
const forgotten = `target = :target AND left_at > 0
	AND left_at < CASE WHEN absence = 4 THEN :removed WHEN kind = 2 THEN :thin ELSE :held END`

// isDead counts what the file has of a target that memory does not hold, and that is not too old: readings, sets, jobs, and an
// instance that is not gone in a region that is still listed.
const isDead = `SELECT (SELECT count(*) FROM reading WHERE target = :target AND at >= :old)
	+ (SELECT count(*) FROM backup_set WHERE target = :target)
	+ (SELECT count(*) FROM past_set WHERE target = :target) + (SELECT count(*) FROM job WHERE target = :target)
	+ (SELECT count(*) FROM instance i JOIN target t ON t.id = i.target
		JOIN target r ON r.cloud = t.cloud AND r.account = t.account AND r.region = t.region AND r.instance_id = '' AND r.node_id = ''
		JOIN reading l ON l.target = r.id AND l.scope = 'discovery' AND l.at >= :old
		WHERE i.target = :target AND (i.gone_at = 0 OR i.gone_at >= :old))`

// buriers are the statements that delete all of a target.
func buriers() []string {
	return []string{
		`DELETE FROM reading WHERE target = ?`, `DELETE FROM policy WHERE target = ?`,
		`DELETE FROM listing WHERE target = ?`, `DELETE FROM instance WHERE target = ?`,
		`DELETE FROM target WHERE id = ?`,
	}
}

// prune deletes a little of what is too old.
func (f *File) prune(ctx context.Context, now time.Time) error {
	var buried []backup.Target
	err := f.inTx(ctx, func(tx *sql.Tx) error {
		targets, err := f.nextTargets(ctx, tx)
		if err != nil {
			return err
		}
		for id, t := range targets {
			dead, err := f.pruneTarget(ctx, tx, id, t, now)
			if err != nil {
				return err
			}
			if dead {
				buried = append(buried, t)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range buried {
		delete(f.ids, t)
	}
	return nil
}

// nextTargets returns the targets that are next to be pruned, by number.
func (f *File) nextTargets(ctx context.Context, tx *sql.Tx) (map[int64]backup.Target, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, cloud, account, region, instance_id, node_id FROM target
		WHERE id > ? ORDER BY id LIMIT ?`, f.pruned, pruneTargets)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err says whether all was read
	targets := map[int64]backup.Target{}
	for rows.Next() {
		var id int64
		var t backup.Target
		if err := rows.Scan(&id, &t.Cloud, &t.Account, &t.Region, &t.InstanceID, &t.NodeID); err != nil {
			return nil, err
		}
		targets[id] = t
		f.pruned = id
	}
	if len(targets) < pruneTargets {
		f.pruned = 0
	}
	return targets, rows.Err()
}

// pruneTarget prunes what belongs to one target, and reports whether nothing is left of it.
func (f *File) pruneTarget(ctx context.Context, tx *sql.Tx, id int64, t backup.Target, now time.Time) (dead bool, err error) {
	instance, backups := f.catalog.holds(t)
	ago, held := func(d time.Duration) int64 { return int64(stampOf(now.Add(-d))) }, f.catalog.held()
	args := []any{
		sql.Named("target", id), sql.Named("old", ago(f.opts.Retention)), sql.Named("rows", pruneRows),
		sql.Named("held", ago(held)), sql.Named("removed", ago(max(held, removalHeld))),
		sql.Named("thin", ago(thinAfter)),
		sql.Named("instance", instance), sql.Named("backups", backups),
	}
	for _, statement := range pruners() {
		if _, err := tx.StmtContext(ctx, f.prepared[statement]).ExecContext(ctx, args...); err != nil {
			return false, err
		}
	}
	if backups || (instance && t.NodeID == "") {
		return false, nil
	}
	left := 0
	if err := tx.StmtContext(ctx, f.prepared[isDead]).QueryRowContext(ctx, args...).Scan(&left); err != nil || left > 0 {
		return false, err
	}
	for _, statement := range buriers() {
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return false, err
		}
	}
	return true, nil
}
