package cli

import (
	"bytes"
	"io"
	stdlog "log"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/logs"
)

// logTo makes everything log to a writer: the session's loggers, and libraries that use the standard library's log.
func (s *session) logTo(to io.Writer) {
	if s.thin != nil {
		s.thin.Close()
	}
	s.logger = s.newLogger(to)
	s.thin = logs.NewThin(s.logger)
	stdlog.SetFlags(0)
	stdlog.SetOutput(logs.Std(s.thin))
}

// newLogger returns a logger with the time first in each line, whatever is added to it.
func (s *session) newLogger(to io.Writer) log.Logger {
	logger := log.NewLogfmtLogger(log.NewSyncWriter(to))
	if s.format == "json" {
		logger = log.NewJSONLogger(log.NewSyncWriter(to))
	}
	logger = level.NewFilter(logger, level.Allow(level.ParseDefault(s.level, level.InfoValue())))
	return log.LoggerFunc(log.With(logger, "ts", log.DefaultTimestampUTC).Log)
}

// droppedLines returns the line of the log that reports dropped ones.
func (s *session) droppedLines(n int) []byte {
	var line bytes.Buffer
	level.Warn(s.newLogger(&line)).Log("msg", "Lines of the log were dropped: nobody read them in time", "lines", n)
	return line.Bytes()
}
