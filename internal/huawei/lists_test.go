package huawei

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestListingsBeginWhereTheyCanBeShared(t *testing.T) {
	s, _ := open(t, "http://127.0.0.1:1", nil)
	steps := []struct {
		name        string
		since, want time.Time
	}{
		{"an hour early", now, now.Add(-time.Hour)},
		{"the same", now, now.Add(-time.Hour)},
		{"a little earlier", now.Add(-30 * time.Minute), now.Add(-time.Hour)},
		{"an hour later", now.Add(time.Hour), now.Add(-time.Hour)},
		{"more than two hours after the begin", now.Add(time.Hour + time.Second), now.Add(time.Second)},
		{"before the begin", now, now.Add(-time.Hour)},
	}
	for _, step := range steps {
		if got := s.commonSince(step.since); !got.Equal(step.want) {
			t.Errorf("%s: a listing since %v begins at %v, want %v", step.name, step.since, got, step.want)
		}
	}
}

func TestListThatGrowsWhileItIsRead(t *testing.T) {
	var sets []string
	for i := range 150 {
		sets = append(sets, record(testInstance, fmt.Sprintf("b%03dbr02", i), now.Add(-time.Duration(i)*time.Hour/4)))
	}
	f := newFake(t, map[string]http.HandlerFunc{"/backups": func(w http.ResponseWriter, r *http.Request) {
		paged("backups", sets...)(w, r)
		sets = append([]string{record(testInstance, fmt.Sprintf("n%03dbr02", len(sets)), now)}, sets...)
	}})
	s, observer := open(t, f.URL, nil)
	list, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
	if err != nil || len(list.Backups) != 150 || len(observer.rejected) != 0 {
		t.Errorf("%d backups, error %v, rejected %v; want each of 150 once", len(list.Backups), err, observer.rejected)
	}
}

func TestRecordsThatRepeatAnID(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{
		"/instances": paged("instances", `{"id":"i1in02"}`, `{"id":"i1in02"}`, `{"id":"i2in02"}`),
		"/backups":   paged("backups", record("i1in02", "b1br02", now), record("i2in02", "b1br02", now)),
	})
	s, _ := open(t, f.URL, nil)
	listing, err := s.Instances(t.Context())
	if err != nil || len(listing.Instances) != 2 || listing.Unread != 0 {
		t.Errorf("Instances = %+v, %v; want each of two once", listing, err)
	}
	for _, id := range []string{"i1in02", "i2in02"} {
		if list, err := s.Backups(t.Context(), instanceNamed(id), "", now.AddDate(0, 0, -8)); err != nil || len(list.Backups) != 1 {
			t.Errorf("backups of %s: %v, %v; want one", id, list, err)
		}
	}
}

func TestListWithoutEnd(t *testing.T) {
	n := 0
	f := newFake(t, map[string]http.HandlerFunc{"/instances": func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(w, `{"instances":[{"id":"i%d"}],"total_count":2147483647}`, n)
	}})
	s, _ := open(t, f.URL, nil)
	_, err := s.Instances(t.Context())
	if want := "ListInstances: protocol: the list has no end after 1000 pages"; errorText(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
