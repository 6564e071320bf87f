package huawei

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// archive is a DDS in memory that lists a backup of each hour for each of its instances, by its own clock.
type archive struct {
	mu        sync.Mutex
	instances int
	every     time.Duration // between backups of an instance
	calls     []string      // begin_time, and offset
	pages     int
}

// listed returns a page of the records of the backups that began in a span, the newest first, and their number. A backup runs
// for two minutes.
func (p *archive) listed(from, to time.Time, offset int) (records []string, total int) {
	for at := time.Now().UTC().Truncate(p.every); !at.Before(from); at = at.Add(-p.every) {
		for i := 0; i < p.instances && !at.After(to); i++ {
			if total++; total > offset && total <= offset+100 {
				text := record(fmt.Sprintf("i%04din02", i), fmt.Sprintf("%db%04dbr02", at.Unix(), i), at)
				if time.Since(at) < 2*time.Minute {
					text = strings.Replace(text, "COMPLETED", "BUILDING", 1)
				}
				records = append(records, text)
			}
		}
	}
	return records, total
}

// RoundTrip answers after 100 ms.
func (p *archive) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(100 * time.Millisecond)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	from, _ := time.Parse(time.DateTime, r.FormValue("begin_time"))
	to, _ := time.Parse(time.DateTime, r.FormValue("end_time"))
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	records, total := p.listed(from, to, offset)
	p.pages++
	p.calls = append(p.calls, fmt.Sprintf("%v+%d", time.Since(from).Round(time.Minute), offset))
	body := fmt.Sprintf(`{"backups":[%s],"total_count":%d}`, strings.Join(records, ","), total)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: readCloser{bytes.NewBufferString(body)}}, nil
}

// source returns a Source on the project that may make a call a second.
func (p *archive) source(t *testing.T, fullRead time.Duration) *Source {
	t.Helper()
	s, err := New(Options{
		Region: "cn-north-4", ProjectID: testProject, Transport: p, Now: time.Now, FullReadInterval: fullRead,
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKTEST", AccessKeySecret: "sk-test"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Observer: &seen{requests: map[string]int{}, rejected: map[string]int{}}, Now: time.Now, Classify: Classify,
			Budget: cloudcall.NewBudget(1, true), Timeout: 10 * time.Second,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func numbered(i int) backup.Instance {
	return backup.Instance{Target: backup.Target{InstanceID: fmt.Sprintf("i%04din02", i)}}
}

// A list of 240 pages takes four minutes at one call a second. Whoever waits for two minutes at a time gets it all the same,
// with what began meanwhile.
func TestLongListingGoesOnAfterADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * 24 * time.Hour)
		p := &archive{instances: 124, every: time.Hour}
		s := p.source(t, 6*time.Hour)
		time.Sleep(58 * time.Minute) // the next backups begin while the list is read
		for try := 1; ; try++ {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			list, err := s.Backups(ctx, numbered(7), "", time.Now().AddDate(0, 0, -8))
			cancel()
			if err == nil {
				if want := 8 * 24; try < 2 || len(list.Backups) != want || time.Since(list.Backups[0].StartedAt) > 10*time.Minute {
					t.Errorf("try %d: %d backups, the newest of %v, want %d", try, len(list.Backups), list.Backups[0].StartedAt, want)
				}
				break
			}
			if class := backup.ClassOf(err); class != backup.ClassTimeout || try > 4 {
				t.Fatalf("try %d: %v", try, err)
			}
		}
		if p.pages < 240 || p.pages > 252 {
			t.Errorf("%d pages were read, want 241, few of them twice, and what is new", p.pages)
		}
	})
}

// Between whole readings of the project's list, only its end is read, and what runs is read until it has ended.
func TestEndOfTheProjectsList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * 24 * time.Hour)
		p := &archive{instances: 15, every: 15 * time.Minute} // 116 pages
		s := p.source(t, 6*time.Hour)
		ask := func() backup.List {
			list, err := s.Backups(t.Context(), numbered(7), "", time.Now().AddDate(0, 0, -8))
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		ask()
		p.pages = 0
		reads := 0
		for begin := time.Now(); time.Since(begin) < 5*time.Hour; reads++ {
			time.Sleep(5 * time.Minute)
			list := ask()
			if want := 8 * 96; len(list.Backups) != want {
				t.Fatalf("%d backups, want %d", len(list.Backups), want)
			}
			for _, b := range list.Backups {
				if running := time.Since(b.StartedAt) < 110*time.Second; (b.State == backup.StateSuccess) == running && time.Since(b.StartedAt).Abs() > 150*time.Second {
					t.Fatalf("a backup that began %v ago is %s", time.Since(b.StartedAt), b.State)
				}
			}
		}
		if each := float64(p.pages) / float64(reads); each > 1.1 {
			t.Errorf("%.2f pages for each reading, want 1.1 at most", each)
		}
	})
}
