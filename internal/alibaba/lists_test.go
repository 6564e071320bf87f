package alibaba

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimeRange(t *testing.T) {
	now := time.Date(2026, time.January, 15, 18, 30, 30, 0, time.FixedZone("", 8*3600))
	tests := []struct {
		name  string
		since time.Time
		ahead time.Duration
		want  map[string]string
	}{
		{"end rounded up", now.Add(-8 * 24 * time.Hour), time.Minute, map[string]string{"StartTime": "2026-01-07T10:30Z", "EndTime": "2026-01-15T10:31Z"}},
		{"end in the past", now.Add(-8 * 24 * time.Hour), 0, map[string]string{"StartTime": "2026-01-07T10:30Z", "EndTime": "2026-01-15T10:30Z"}},
		{"never empty", now, 0, map[string]string{"StartTime": "2026-01-15T10:30Z", "EndTime": "2026-01-15T10:31Z"}},
		{"never backwards", now.Add(time.Hour), time.Minute, map[string]string{"StartTime": "2026-01-15T11:30Z", "EndTime": "2026-01-15T11:31Z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, timeRange(tt.since, now, tt.ahead)); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}
