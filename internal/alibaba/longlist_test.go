package alibaba_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// archive is a cloud in memory that lists a backup for each span of time.
type archive struct {
	mu    sync.Mutex
	every time.Duration
	pages int
}

// RoundTrip answers after 100 ms.
func (a *archive) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(100 * time.Millisecond)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	params := r.URL.Query()
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		for name := range form {
			params.Set(name, form.Get(name))
		}
	}
	const layout = "2006-01-02T15:04Z"
	from, _ := time.Parse(layout, params.Get("StartTime"))
	to, _ := time.Parse(layout, params.Get("EndTime"))
	number, _ := strconv.Atoi(params.Get("PageNumber"))
	a.pages++
	var records []string
	total := 0
	for at := time.Now().UTC().Truncate(a.every); !at.Before(from); at = at.Add(-a.every) {
		if at.After(to) {
			continue
		}
		if total++; total > (number-1)*100 && total <= number*100 {
			records = append(records, fmt.Sprintf(`{"BackupId":"%d","BackupStatus":"Success","BackupType":"FullBackup","BackupMode":"Manual","BackupScale":"DBInstance",`+
				`"BackupSize":1024,"BackupStartTime":%q,"BackupEndTime":%q}`, at.Unix(), at.Format(time.RFC3339), at.Add(5*time.Second).Format(time.RFC3339)))
		}
	}
	body := fmt.Sprintf(`{"TotalCount":%d,"PageNumber":%d,"PageSize":100,"Backups":{"Backup":[%s]}}`, total, number, strings.Join(records, ","))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: memory{bytes.NewBufferString(body)}}, nil
}

// A list of 240 pages takes four minutes at one call a second. Whoever waits for two minutes at a time gets it all the same,
// with what began meanwhile.
func TestLongListingGoesOnAfterADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * 24 * time.Hour)
		a := &archive{every: 30 * time.Second}
		source, err := alibaba.New(alibaba.Options{
			Region: "cn-hangzhou", Transport: a, Now: time.Now,
			Keys: func() (cloudcall.Keys, error) {
				return cloudcall.Keys{AccessKeyID: "AK", AccessKeySecret: "secret"}, nil
			},
			Caller: cloudcall.New(cloudcall.Options{
				Observer: nobody{}, Now: time.Now, Classify: alibaba.Classify, Budget: cloudcall.NewBudget(1, false), Timeout: 10 * time.Second,
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for try := 1; ; try++ {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			list, err := source.Backups(ctx, replicaSet, "", time.Now().AddDate(0, 0, -8))
			cancel()
			if err == nil {
				old := time.Since(list.Backups[0].StartedAt)
				seen := map[string]bool{}
				for _, b := range list.Backups {
					seen[b.ID] = true
				}
				if want := 8 * 24 * 120; try < 2 || len(seen) != len(list.Backups) || len(seen) < want || len(seen) > want+10 || old > 2*time.Minute {
					t.Errorf("try %d: %d backups with %d ids, the newest %v old; want %d", try, len(list.Backups), len(seen), old, want)
				}
				break
			}
			if class := backup.ClassOf(err); class != backup.ClassTimeout || try > 4 {
				t.Fatalf("try %d: %v", try, err)
			}
		}
		if a.pages < 230 || a.pages > 240 {
			t.Errorf("%d pages were read, want 231, few of them twice, and what is new", a.pages)
		}
	})
}

type nobody struct{}

func (nobody) Request(cloudcall.Place, string, string, time.Duration) {}
func (nobody) Rejected(string)                                        {}
