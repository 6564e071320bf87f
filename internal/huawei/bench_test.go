package huawei

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/utils"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// hundredRecords is a full page, with every field that the API has.
func hundredRecords() string {
	var records []string
	for i := range 100 {
		records = append(records, record(testInstance, fmt.Sprintf("43e4feaab48f11e89039fa163ebaa7%02dbr02", i), now.Add(-time.Duration(i)*time.Hour)))
	}
	return `{"backups":[` + strings.Join(records, ",") + `],"total_count":100}`
}

// BenchmarkDecode reads a page of 100 records, with our decoder and with the SDK's. Ours is not to cost more, its
// conversion into the domain's values included, which the SDK leaves to its user.
func BenchmarkDecode(b *testing.B) {
	body := []byte(hundredRecords())
	for _, bb := range []struct {
		name string
		read func() error
	}{
		{"ours", func() error { _, err := decodePage(body); return err }},
		{"ours, converted", func() error { return convertPage(body) }},
		{"the SDK's", func() error {
			var a *model.ListBackupsResponse
			err := utils.Unmarshal(body, &a)
			if err == nil && len(*a.Backups) != 100 {
				err = fmt.Errorf("%d records", len(*a.Backups))
			}
			return err
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if err := bb.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func decodePage(body []byte) (*backupsAnswer, error) {
	a, err := wire.Decode[backupsAnswer](opListBackups, body)
	if err == nil && len(a.Backups.Items) != 100 {
		err = fmt.Errorf("%d records", len(a.Backups.Items))
	}
	return a, err
}

func convertPage(body []byte) error {
	a, err := decodePage(body)
	if err != nil {
		return err
	}
	var r wire.Reader
	for i := range a.Backups.Items {
		if _, _, ok := convertBackup(&a.Backups.Items[i], &r); !ok {
			return fmt.Errorf("rejected: %v", r.Rejected)
		}
	}
	return nil
}

// BenchmarkBackups is a whole listing of 100 records through the SDK, without the network.
func BenchmarkBackups(b *testing.B) {
	body := hundredRecords()
	transport := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: readCloser{bytes.NewBufferString(body)}}, nil
	})
	observer := &seen{requests: map[string]int{}, rejected: map[string]int{}}
	s, err := New(Options{
		Region: "cn-north-4", ProjectID: testProject, Transport: transport, Now: func() time.Time { return now },
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKTEST", AccessKeySecret: "sk-test"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{Observer: observer, Now: time.Now, Classify: Classify}),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		list, err := s.Backups(b.Context(), backup.Instance{Target: backup.Target{InstanceID: testInstance}}, "", now.AddDate(0, 0, -8))
		if err != nil || len(list.Backups) != 100 {
			b.Fatalf("%d backups, error %v", len(list.Backups), err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }
