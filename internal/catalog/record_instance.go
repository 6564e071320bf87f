package catalog

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// instanceRecord is what a listing says of an instance, besides its identity.
type instanceRecord struct {
	Name      string            `json:"name,omitempty"`
	Engine    string            `json:"engine,omitempty"`
	Version   string            `json:"version,omitempty"`
	Topology  string            `json:"topology,omitempty"`
	Storage   string            `json:"storage,omitempty"`
	Status    string            `json:"status,omitempty"`
	Lifecycle int64             `json:"lifecycle,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	TagsLack  bool              `json:"tags_lack,omitempty"`
	Owner     string            `json:"owner,omitempty"`
	CreatedAt stamp             `json:"created_at_ms,omitempty"`
	Nodes     []string          `json:"nodes,omitempty"`
	NoBackup  string            `json:"no_backup,omitempty"`
}

func recordOfInstance(in *backup.Instance) instanceRecord {
	return instanceRecord{
		Name: in.Name, Engine: in.Engine, Version: in.Version, Topology: in.Topology, Storage: in.Storage, Status: in.Status,
		Lifecycle: number(lifecycles, in.Lifecycle), Tags: in.Tags, TagsLack: in.TagsLack, Owner: in.Owner, CreatedAt: stampOf(in.CreatedAt),
		Nodes: in.Nodes, NoBackup: in.NoBackup,
	}
}

func (r *instanceRecord) instance(t backup.Target) backup.Instance {
	return backup.Instance{
		Target: t, Name: r.Name, Engine: r.Engine, Version: r.Version, Topology: r.Topology, Storage: r.Storage,
		Status: r.Status, Lifecycle: word(lifecycles, r.Lifecycle), Tags: r.Tags, Owner: r.Owner,
		CreatedAt: r.CreatedAt.time(), TagsLack: r.TagsLack, Nodes: r.Nodes, NoBackup: r.NoBackup,
	}
}

// copiesRecord is the copies in another region. Copies are not followed one by one.
type copiesRecord struct {
	Region  string         `json:"region,omitempty"`
	Backups []backupRecord `json:"backups,omitempty"`
}

// backupRecord is a backup where it is not a row of its own.
type backupRecord struct {
	ID        string `json:"id"`
	Kind      int64  `json:"kind,omitempty"`
	Trigger   int64  `json:"trigger,omitempty"`
	Method    string `json:"method,omitempty"`
	State     int64  `json:"state,omitempty"`
	StartedAt stamp  `json:"started_ms,omitempty"`
	EndedAt   stamp  `json:"ended_ms,omitempty"`
	ExpiresAt stamp  `json:"expires_ms,omitempty"`
	SizeBytes *int64 `json:"size,omitempty"`
	Unusable  string `json:"unusable,omitempty"`
	Part      string `json:"part,omitempty"`
}

func recordOfCopies(c *backup.Copies) copiesRecord {
	return copiesRecord{Region: c.Region, Backups: recordsOf(c.Backups)}
}

func (r *copiesRecord) copies() backup.Copies {
	return backup.Copies{Region: r.Region, Backups: backupsOf(r.Backups)}
}

// scopeOlder is the scope of what began before the list of backups does. Nobody asks for it by that name.
const scopeOlder backup.Scope = "older_backups"

// olderRecord is what began before the list of backups does. null: nobody needs to know. When the cloud answered is the time
// of the reading.
type olderRecord struct {
	Backups []backupRecord `json:"backups,omitempty"`
}

func recordOfOlder(o *backup.Older) *olderRecord {
	if o == nil {
		return nil
	}
	return &olderRecord{recordsOf(o.Backups)}
}

func (r *olderRecord) older(at time.Time) *backup.Older {
	if r == nil {
		return nil
	}
	return &backup.Older{At: at, Backups: backupsOf(r.Backups)}
}

func recordsOf(all []backup.Backup) []backupRecord {
	var records []backupRecord
	for i := range all {
		b := &all[i]
		records = append(records, backupRecord{
			ID: b.ID, Kind: number(kinds, b.Kind), Trigger: number(triggers, b.Trigger), Method: b.Method,
			State: number(states, b.State), StartedAt: stampOf(b.StartedAt), EndedAt: stampOf(b.EndedAt),
			ExpiresAt: stampOf(b.ExpiresAt), SizeBytes: b.SizeBytes, Unusable: b.Unusable, Part: b.Part,
		})
	}
	return records
}

func backupsOf(records []backupRecord) []backup.Backup {
	var all []backup.Backup
	for i := range records {
		b := &records[i]
		all = append(all, backup.Backup{
			ID: b.ID, Kind: word(kinds, b.Kind), Trigger: word(triggers, b.Trigger), Method: b.Method,
			State: word(states, b.State), StartedAt: b.StartedAt.time(), EndedAt: b.EndedAt.time(),
			ExpiresAt: b.ExpiresAt.time(), SizeBytes: b.SizeBytes, Unusable: b.Unusable, Part: b.Part,
		})
	}
	return all
}
