package alibaba

import (
	"bytes"
	"slices"
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
		if err != nil || len(a.Backups.Backup) != 100 {
			b.Fatal(err)
		}
		var r wire.Reader
		for i := range a.Backups.Backup {
			if _, ok := convertBackup(&a.Backups.Backup[i], &r); !ok {
				b.Fatal(r.Rejected)
			}
		}
	}
}
