package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"mongodb_backup_exporter/internal/manual"
)

// showProgress returns what shows how far a backup is, and what ends that: a bar on a terminal, else lines.
func showProgress(to screen) (show func(manual.Progress), end func()) {
	if to.terminal {
		return progressBar(to)
	}
	return plainProgress(to), func() {}
}

// plainProgress prints a line whenever something changed.
func plainProgress(to io.Writer) func(manual.Progress) {
	last := ""
	return func(p manual.Progress) {
		line := describe(p)
		if line != last {
			fmt.Fprintf(to, "%s after %v\n", plain(line), p.Elapsed.Round(time.Second))
		}
		last = line
	}
}

// barLength is short enough for the bar, the percentage, the words and the time to fit into 80 columns.
const barLength = 30

// progressBar draws over the same line of a terminal. Failures to look are lines above it.
func progressBar(to screen) (show func(manual.Progress), end func()) {
	bar := progress.NewWriter()
	bar.SetOutputWriter(to)
	bar.SetTrackerLength(barLength)
	bar.SetTrackerPosition(progress.PositionLeft)
	if to.width > 0 {
		bar.SetTerminalWidth(to.width)
	}
	style := progress.StyleDefault
	style.Visibility = progress.StyleVisibility{Tracker: true, Percentage: true, Time: true}
	bar.SetStyle(style)
	tracker := &progress.Tracker{Total: 100, Message: "started", AutoStopDisabled: true}
	bar.AppendTracker(tracker)
	var drawing sync.WaitGroup
	drawing.Go(bar.Render)
	failure := ""
	show = func(p manual.Progress) {
		if p.Err != nil && p.Err.Error() != failure {
			failure = p.Err.Error()
			bar.Log("%s", to.wrap(plain(describe(p)), ""))
			return
		}
		if p.Err == nil {
			tracker.UpdateMessage(describe(p))
		}
		if p.Percent != nil {
			tracker.SetValue(int64(*p.Percent))
		}
		if p.Done == p.Targets {
			tracker.SetValue(tracker.Total)
		}
	}
	return show, func() { stopDrawing(bar, &drawing) }
}

// stopDrawing ends the drawing, which may not have begun yet.
func stopDrawing(bar progress.Writer, drawing *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		drawing.Wait()
		close(ended)
	}()
	for {
		bar.Stop()
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func describe(p manual.Progress) string {
	switch {
	case p.Err != nil:
		return "cannot look: " + p.Err.Error()
	case p.Done == p.Targets:
		return "done"
	}
	line := "running"
	if p.Percent != nil {
		line = fmt.Sprintf("%.0f %%", *p.Percent)
	}
	if p.Targets > 1 {
		line += fmt.Sprintf(", %d of %d shards done", p.Done, p.Targets)
	}
	return line
}
