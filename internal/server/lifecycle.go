package server

import (
	"context"
	"errors"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/exporter-toolkit/web"
	sloggokit "github.com/tjhop/slog-gokit"
)

// grace is how long requests in flight may take to end when the server stops.
const grace = 4 * time.Second

// Service is a set of listeners and what answers there. Listeners, Handler and Logger are required.
type Service struct {
	Listeners []net.Listener
	Handler   http.Handler
	Web       *web.FlagConfig // exporter-toolkit's TLS and authentication for Handler; nil: neither

	Health        net.Listener // a listener without TLS and authentication; nil: none
	HealthHandler http.Handler // what answers there

	Logger  log.Logger
	Started func(encrypted bool) // called once all listeners accept connections; encrypted: with TLS. nil: nothing
}

// Run answers requests until ctx ends, then lets those in flight end: their contexts end at once, so that a scrape that
// waits for a cloud answers with what is known. It returns the error of a listener that failed before.
func (s Service) Run(ctx context.Context) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	servers := s.servers(requests)
	var running sync.WaitGroup
	defer running.Wait()
	failed := make(chan error, len(servers))
	for _, one := range servers {
		running.Go(func() { failed <- one.serve(s.Logger) })
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		level.Info(s.Logger).Log("msg", "Stopping; requests in flight may end", "cause", context.Cause(ctx), "grace", grace)
	}
	endRequests()
	s.stop(ctx, servers)
	return err
}

// listening is an HTTP server for one listener.
type listening struct {
	*http.Server
	listener net.Listener
	web      *web.FlagConfig
}

// servers returns a server for each listener: exporter-toolkit changes the server that it starts.
func (s Service) servers(requests context.Context) []listening {
	plain := ""
	var all []listening
	add := func(l net.Listener, handler http.Handler, flags *web.FlagConfig) {
		if flags == nil {
			flags = &web.FlagConfig{WebConfigFile: &plain}
		}
		all = append(all, listening{s.newServer(requests, handler), l, flags})
	}
	for _, l := range s.Listeners {
		add(l, s.Handler, s.Web)
	}
	if s.Health != nil {
		add(s.Health, s.HealthHandler, nil)
	}
	s.announce(all)
	return all
}

func (s Service) newServer(requests context.Context, handler http.Handler) *http.Server {
	tracked := &connections{all: map[net.Conn]bool{}}
	return &http.Server{
		Handler:        handler,
		ReadTimeout:    readTimeout,
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ConnState:      tracked.track,
		ErrorLog:       stdlog.New(serverErrors{s.Logger}, "", 0),
		BaseContext:    func(net.Listener) context.Context { return requests },
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerConnection: maxStreamBytes, MaxReceiveBufferPerStream: maxStreamBytes,
			SendPingTimeout: readTimeout, PingTimeout: readTimeout, WriteByteTimeout: writeTimeout,
		},
		DisableGeneralOptionsHandler: true, // its answer would lack our headers
	}
}

// announce lets the servers wrap their handlers when they begin to accept connections, and the last of them call Started.
func (s Service) announce(all []listening) {
	var mu sync.Mutex
	waiting, encrypted := len(all), false
	for i, one := range all {
		all[i].listener = &opening{Listener: one.listener, open: sync.OnceFunc(func() {
			one.Handler = secured(one.Handler)
			mu.Lock()
			defer mu.Unlock()
			waiting--
			encrypted = encrypted || usesTLS(one.Server)
			if waiting == 0 && s.Started != nil {
				s.Started(encrypted)
			}
		})}
	}
}

// usesTLS reports whether exporter-toolkit has set up TLS. net/http itself sets a configuration, too, but no such
// callback.
func usesTLS(srv *http.Server) bool {
	return srv.TLSConfig != nil && srv.TLSConfig.GetConfigForClient != nil
}

// opening is a listener that calls open before it accepts the first connection. By then exporter-toolkit has put its
// authentication around the server's handler: what open puts around that holds for refused requests, too.
type opening struct {
	net.Listener
	open func()
}

// Accept implements net.Listener.
func (o *opening) Accept() (net.Conn, error) {
	o.open()
	return o.Listener.Accept()
}

// serve answers requests until the server is shut down. exporter-toolkit's information that it listens is left out:
// Started says so.
func (l listening) serve(logger log.Logger) error {
	err := web.Serve(l.listener, l.Server, l.web, slog.New(sloggokit.NewGoKitHandler(logger, slog.LevelWarn)))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// stop lets requests in flight end, all servers at the same time, and cuts those that do not end within the grace.
func (s Service) stop(ctx context.Context, servers []listening) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	var stopping sync.WaitGroup
	for _, one := range servers {
		stopping.Go(func() {
			if err := one.Shutdown(bounded); err != nil {
				level.Warn(s.Logger).Log("msg", "Some requests did not end in time and were cut", "err", err)
				one.Close()
			}
		})
	}
	stopping.Wait()
}

// serverErrors logs what net/http reports of connections, such as failed TLS handshakes.
type serverErrors struct{ logger log.Logger }

// Write logs one line.
func (e serverErrors) Write(line []byte) (int, error) {
	return len(line), level.Warn(e.logger).Log("msg", "A connection failed", "err", strings.TrimSpace(string(line)))
}
