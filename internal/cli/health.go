package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

// healthFlags are the flags of health.
type healthFlags struct {
	remote
	timeout time.Duration
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
	base, err := f.base()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	page := base.JoinPath("-", "healthy").String()
	status, err := f.ask(ctx, page)
	switch {
	case err != nil:
		return unanswered(err)
	case status != http.StatusOK && status != http.StatusUnauthorized:
		return fmt.Errorf("%s answered with HTTP %d: no exporter is there, or it is not healthy; check --url, and see its log", page, status)
	}
	fmt.Fprintf(s.stdout, "alive: %s answered with HTTP %d\n", page, status)
	return nil
}

// ask returns the status that a page answers with.
func (f *healthFlags) ask(ctx context.Context, page string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return 0, err
	}
	resp, err := f.client().Do(r)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}
