package clocktest

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	noon := time.Date(2026, time.November, 22, 12, 0, 0, 123, time.UTC)
	tests := []struct {
		name    string
		move    func(*Clock)
		wall    time.Time
		elapsed time.Duration // by the monotonic clock
	}{
		{"nothing", func(*Clock) {}, noon, 0},
		{"time passes", func(c *Clock) { c.Advance(time.Hour) }, noon.Add(time.Hour), time.Hour},
		{"a step back", func(c *Clock) { c.Step(-24 * time.Hour) }, noon.Add(-24 * time.Hour), 0},
		{"a step forward", func(c *Clock) { c.Step(time.Millisecond) }, noon.Add(time.Millisecond), 0},
		{"time passes after a step", func(c *Clock) { c.Step(-time.Hour); c.Advance(time.Minute) }, noon.Add(-59 * time.Minute), time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := New(noon)
			before := c.Now()
			tt.move(c)
			now := c.Now()
			if !now.Round(0).Equal(tt.wall) || now.Sub(before) != tt.elapsed {
				t.Errorf("%s, %v later; want %s, %v later", now.Round(0), now.Sub(before), tt.wall, tt.elapsed)
			}
		})
	}
}

func TestShiftNeedsAMonotonicReading(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a time without a monotonic reading was shifted")
		}
	}()
	Shift(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC), time.Hour)
}
