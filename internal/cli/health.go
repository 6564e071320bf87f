package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

// healthFlags are the flags of health.
type healthFlags struct {
	url      string
	timeout  time.Duration
	insecure bool
}

func healthCommand(app *kingpin.Application) (string, action) {
	command := app.Command("health", "Ask a running exporter whether it is alive. Needs no configuration file. "+
		"Exit code: 0 when it answers, even if it asks for a password; 1 when it does not.")
	var f healthFlags
	command.Flag("url", "Address of the exporter.").Default("http://127.0.0.1" + defaultAddress).StringVar(&f.url)
	command.Flag("timeout", "How long to wait for the answer.").Default("5s").DurationVar(&f.timeout)
	command.Flag("insecure", "Accept any certificate, e.g. a self-signed one.").BoolVar(&f.insecure)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f *healthFlags) run(ctx context.Context, s *session) error {
	if f.timeout <= 0 {
		return errors.New("--timeout must be longer than 0s")
	}
	base, err := url.Parse(f.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("--url: %q is no address like http://127.0.0.1%s", f.url, defaultAddress)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	page := base.JoinPath("-", "healthy").String()
	status, err := f.ask(ctx, page)
	switch {
	case err != nil:
		return fmt.Errorf("the exporter does not answer: %w", err)
	case status != http.StatusOK && status != http.StatusUnauthorized:
		return fmt.Errorf("%s answered with HTTP %d: no exporter is there, or it is not healthy", page, status)
	}
	fmt.Fprintf(s.stdout, "alive: %s answered with HTTP %d\n", page, status)
	return nil
}

// ask returns the status that a page answers with. It goes there directly and follows no redirect, so that no proxy and
// no log-in page answers in the exporter's place.
func (f *healthFlags) ask(ctx context.Context, page string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return 0, err
	}
	client := &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: f.insecure}, //nolint:gosec // only where the user asks for it
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}
