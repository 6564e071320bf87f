package alibaba

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/wire"
)

// BenchmarkDecode reads and converts a page of 100 of the documentation's example records.
func BenchmarkDecode(b *testing.B) {
	head, rest, _ := bytes.Cut(example(b, "describe_backups"), []byte("[{"))
	rec, tail, _ := bytes.Cut(rest, []byte("}]"))
	var body bytes.Buffer
	body.Write(head)
	body.WriteString("[{")
	body.Write(bytes.Repeat(slices.Concat(rec, []byte("},{")), 99))
	body.Write(rec)
	body.WriteString("}]")
	body.Write(tail)
	b.ReportAllocs()
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		a, err := wire.Decode[backupsAnswer](opDescribeBackups, body.Bytes())
		if err != nil || len(a.Backups.Value.Backup.Items) != 100 {
			b.Fatal(err)
		}
		var r wire.Reader
		for i := range a.Backups.Value.Backup.Items {
			if _, ok := convertBackup(&a.Backups.Value.Backup.Items[i], &r); !ok {
				b.Fatal(r.Rejected)
			}
		}
	}
}

// BenchmarkDecodeSets reads and converts a page of 100 sets of a cluster with 100 shards.
func BenchmarkDecodeSets(b *testing.B) {
	part := `{"InstanceName":"d-%d","BackupId":"%d","BackupStatus":"Success","BackupSize":1024,"BackupStartTime":"2026-01-14T03:00:00Z","BackupEndTime":"2026-01-14T03:01:00Z"}`
	var sets, parts []string
	for i := range 100 {
		parts = append(parts, fmt.Sprintf(part, i, i))
	}
	for i := range 100 {
		sets = append(sets, fmt.Sprintf(`{"ClusterBackupId":"%d","ClusterBackupStatus":"OK","ClusterBackupEndTime":"2026-01-14T03:01:00Z","Backups":[%s]}`, i, strings.Join(parts, ",")))
	}
	body := []byte(`{"ClusterBackups":[` + strings.Join(sets, ",") + `]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		a, err := wire.Decode[clusterBackupsAnswer](opDescribeClusterBackups, body)
		if err != nil || len(a.ClusterBackups.Items) != 100 {
			b.Fatal(err)
		}
		var r wire.Reader
		for i := range a.ClusterBackups.Items {
			if set := convertSet(&a.ClusterBackups.Items[i], &r); set.lost || len(set.parts) != 100 {
				b.Fatal(r.Rejected)
			}
		}
	}
}
