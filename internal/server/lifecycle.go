package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/exporter-toolkit/web"
	sloggokit "github.com/tjhop/slog-gokit"
)

// grace is how long requests in flight may take to end when the server stops.
const grace = 4 * time.Second

// Serve answers requests until ctx ends, then lets those in flight end: their contexts end at once, so that a scrape
// that waits for a cloud answers with what is known. flags carry exporter-toolkit's TLS and authentication.
func Serve(ctx context.Context, listeners []net.Listener, handler http.Handler, flags *web.FlagConfig, logger log.Logger) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      5 * time.Minute, // longer than any scrape
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		level.Info(logger).Log("msg", "Stopping; requests in flight may end", "grace", grace)
		endRequests()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		stopped <- srv.Shutdown(bounded)
	})
	err := web.ServeMultiple(listeners, srv, flags, slog.New(sloggokit.NewGoKitHandler(logger, nil)))
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	if err := <-stopped; err != nil {
		level.Warn(logger).Log("msg", "Some requests did not end in time and were cut", "err", err)
		return srv.Close()
	}
	return nil
}
