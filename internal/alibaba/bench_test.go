package alibaba_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/sourcetest"
)

// hundredRecords is a whole page as the API sends it: 67 kB.
func hundredRecords() []byte {
	var body bytes.Buffer
	body.WriteString(`{"TotalCount":99,"PageNumber":1,"PageSize":100,"RequestId":"R","Backups":{"Backup":[`)
	for i := range 99 {
		start := sourcetest.Now.Add(-time.Duration(i+1) * time.Hour)
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"BackupStatus":"Success","BackupType":"FullBackup","BackupStartTime":%q,"BackupSize":%d,"BackupMode":"Automated",`+
			`"BackupEndTime":%q,"BackupId":"3210%04d","BackupDBNames":"database","BackupMethod":"Physical","BackupJobId":"1123%04d",`+
			`"BackupName":"12345678.tar.gz","BackupScale":"DBInstance","IsAvail":true,"EngineVersion":"4.2",`+
			`"BackupExpireTime":"2026-08-30T09:49:11Z","BackupDownloadURL":"http://rdslog-hz-v3.oss-cn-hangzhou.aliyuncs.com/%0100d",`+
			`"BackupIntranetDownloadURL":"http://rdslog-hz-v3.oss-cn-hangzhou-internal.aliyuncs.com/%0100d"}`,
			start.Format(time.RFC3339), 6168576+i, start.Add(time.Minute).Format(time.RFC3339), i, i, i, i)
	}
	body.WriteString(`]}}`)
	return body.Bytes()
}

var replicaSet = backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet}

func read(b *testing.B, source *bench) {
	b.ReportAllocs()
	for b.Loop() {
		list, err := source.Backups(b.Context(), replicaSet, "", since())
		if err != nil || len(list.Backups) != 99 {
			b.Fatal(len(list.Backups), err)
		}
	}
}

// BenchmarkCall measures a whole call over loopback. Its allocations include those of the server.
func BenchmarkCall(b *testing.B) {
	body := hundredRecords()
	read(b, on(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })))
}

// BenchmarkCallWithoutNetwork measures what the exporter itself does for a call: sign, decode, convert and sort.
func BenchmarkCallWithoutNetwork(b *testing.B) {
	body := hundredRecords()
	read(b, on(b, http.NotFoundHandler(), func(o *alibaba.Options) {
		o.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: memory{bytes.NewBuffer(body)}}, nil
		})
	}))
}

// memory is a body like those that the transport of cloudcall returns.
type memory struct{ *bytes.Buffer }

func (memory) Close() error { return nil }

var _ io.ReadCloser = memory{}
