package catalog

// The file says what it is: SQLite's application id, which is "mbex" in ASCII, and the number of its format.
const (
	applicationID = 0x6d626578
	format        = 1
)

// schema makes the tables of a new file. backup_set has the sets that memory holds, past_set the others, so that a start reads
// no more than it needs. Times are milliseconds since 1970 in UTC, 0 is unknown. docs/catalog.md explains
// the columns.
const schema = `
CREATE TABLE target (
	id INTEGER PRIMARY KEY,
	cloud TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, instance_id TEXT NOT NULL, node_id TEXT NOT NULL,
	UNIQUE (cloud, account, region, instance_id, node_id)
);
CREATE TABLE reading (
	target INTEGER NOT NULL, scope TEXT NOT NULL,
	at INTEGER NOT NULL, cloud_at INTEGER NOT NULL, not_offered INTEGER NOT NULL, value TEXT,
	PRIMARY KEY (target, scope)
) WITHOUT ROWID;
CREATE TABLE backup_set (
	target INTEGER NOT NULL, id TEXT NOT NULL,
	kind INTEGER NOT NULL, origin INTEGER NOT NULL, method TEXT NOT NULL, state INTEGER NOT NULL,
	started INTEGER NOT NULL, ended INTEGER NOT NULL, expires INTEGER NOT NULL,
	size INTEGER, unusable TEXT, part TEXT,
	state_first INTEGER NOT NULL, last_seen INTEGER NOT NULL, earlier TEXT,
	left_at INTEGER NOT NULL, absence INTEGER NOT NULL, expiry INTEGER NOT NULL,
	follow INTEGER NOT NULL,
	PRIMARY KEY (target, id)
) WITHOUT ROWID;
CREATE TABLE past_set (
	target INTEGER NOT NULL, id TEXT NOT NULL,
	kind INTEGER NOT NULL, origin INTEGER NOT NULL, method TEXT NOT NULL, state INTEGER NOT NULL,
	started INTEGER NOT NULL, ended INTEGER NOT NULL, expires INTEGER NOT NULL,
	size INTEGER, unusable TEXT, part TEXT,
	state_first INTEGER NOT NULL, last_seen INTEGER NOT NULL, earlier TEXT,
	left_at INTEGER NOT NULL, absence INTEGER NOT NULL, expiry INTEGER NOT NULL,
	follow INTEGER NOT NULL,
	PRIMARY KEY (target, id)
) WITHOUT ROWID;
CREATE INDEX past_set_removed ON past_set (target) WHERE absence = 4;
CREATE TABLE job (
	target INTEGER NOT NULL, id TEXT NOT NULL,
	state INTEGER NOT NULL, origin INTEGER NOT NULL, started INTEGER NOT NULL, progress REAL, reason TEXT,
	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, listed INTEGER NOT NULL,
	PRIMARY KEY (target, id)
) WITHOUT ROWID;
CREATE INDEX job_listed ON job (target) WHERE listed = 1;
CREATE TABLE policy (
	target INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, value TEXT NOT NULL,
	PRIMARY KEY (target, first_seen)
) WITHOUT ROWID;
CREATE TABLE instance (
	target INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL,
	first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, status_first INTEGER NOT NULL,
	lacking INTEGER NOT NULL, gone_at INTEGER NOT NULL, value TEXT NOT NULL
);
CREATE TABLE listing (
	target INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, instances INTEGER NOT NULL,
	PRIMARY KEY (target, first_seen)
) WITHOUT ROWID;

CREATE VIEW sets AS SELECT
	t.cloud, t.account, t.region, t.instance_id, t.node_id, s.id,
	CASE s.kind WHEN 1 THEN 'full' WHEN 2 THEN 'incremental' ELSE 'unknown' END AS kind,
	CASE s.origin WHEN 1 THEN 'automatic' WHEN 2 THEN 'manual' ELSE 'unknown' END AS made,
	CASE s.state WHEN 1 THEN 'success' WHEN 2 THEN 'failed' WHEN 3 THEN 'running' WHEN 4 THEN 'deleting' ELSE 'unknown' END AS state,
	datetime(nullif(s.started, 0) / 1000, 'unixepoch') AS started,
	datetime(nullif(s.ended, 0) / 1000, 'unixepoch') AS ended,
	datetime(nullif(s.expires, 0) / 1000, 'unixepoch') AS expires,
	s.size,
	CASE s.absence WHEN 0 THEN 'listed' WHEN 1 THEN 'out_of_range' WHEN 2 THEN 'missing' WHEN 4 THEN 'removed_early' ELSE 'explained' END AS absence,
	datetime(nullif(s.left_at, 0) / 1000, 'unixepoch') AS left_at
FROM (SELECT * FROM backup_set UNION ALL SELECT * FROM past_set) s JOIN target t ON t.id = s.target;
CREATE VIEW readings AS SELECT
	t.cloud, t.account, t.region, t.instance_id, t.node_id, r.scope,
	datetime(r.at / 1000, 'unixepoch') AS at, r.not_offered, r.value
FROM reading r JOIN target t ON t.id = r.target;
CREATE VIEW policies AS SELECT
	t.cloud, t.account, t.region, t.instance_id,
	datetime(p.first_seen / 1000, 'unixepoch') AS first_seen, datetime(p.last_seen / 1000, 'unixepoch') AS last_seen, p.value
FROM policy p JOIN target t ON t.id = p.target;
`

// The statements that write. Each replaces what the file has of the same thing. The first argument is the number of a
// target.
const (
	putTarget  = `INSERT INTO target VALUES (?, ?, ?, ?, ?, ?)`
	putReading = `INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)`
	putSet     = `INSERT OR REPLACE INTO backup_set VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// dropSets marks all sets of a target that the file has in the list as having left.
	dropSets = `UPDATE backup_set SET left_at = ?2, absence = 3 WHERE target = ?1 AND left_at = 0`
	// dropJobs marks all jobs of an instance as not listed any more.
	dropJobs = `UPDATE job SET listed = 0, last_seen = max(last_seen, ?2) WHERE target = ?1 AND listed = 1`
	putJob   = `INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (target, id) DO UPDATE SET state = excluded.state,
		origin = excluded.origin, started = excluded.started, progress = excluded.progress, reason = excluded.reason,
		last_seen = excluded.last_seen, listed = 1`
	putPolicy   = `INSERT OR REPLACE INTO policy VALUES (?, ?, ?, ?)`
	putInstance = `INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	putListing  = `INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)`
)

// setColumns are the columns that scanSet reads.
const setColumns = `id, kind, origin, method, state, started, ended, expires, size, unusable, part,
	state_first, last_seen, earlier, left_at, absence, expiry, follow`
