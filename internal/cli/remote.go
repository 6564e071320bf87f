package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"mongodb_backup_exporter/internal/report"
)

// remote is a running exporter.
type remote struct {
	url      string
	insecure bool // any certificate will do
}

// check reports an address that is none.
func (r remote) check() error {
	_, err := r.base()
	return err
}

func (r remote) base() (*url.URL, error) {
	base, err := url.Parse(r.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("--url: %q is no address like http://127.0.0.1%s", r.url, defaultAddress)
	}
	return base, nil
}

// client returns what asks an exporter. It goes there directly and follows no redirect, so that no proxy and no log-in page
// answers in the exporter's place.
func (r remote) client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: r.insecure}, //nolint:gosec // only where the user asks for it
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxAnswer is more than what an exporter with 10,000 targets says of them, in bytes.
const maxAnswer = 256 << 20

// targets returns what the exporter says of its targets: of all, or of those of the instance with an id or name.
func (r remote) targets(ctx context.Context, instance string) (report.Report, error) {
	query := url.Values{}
	if instance != "" {
		query.Set("instance", instance)
	}
	var found report.Report
	err := r.get(ctx, "targets", query, func(from io.Reader) (err error) {
		found, err = report.Decode(from)
		return err
	})
	if err != nil {
		return report.Report{}, err
	}
	if instance != "" {
		found = found.OfTargets()
	}
	return found, nil
}

// get asks for a page below /api/v1/ and has its answer read.
func (r remote) get(ctx context.Context, name string, query url.Values, read func(io.Reader) error) error {
	base, err := r.base()
	if err != nil {
		return err
	}
	page := base.JoinPath("api", "v1", name)
	page.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page.String(), nil)
	if err != nil {
		return err
	}
	answer, err := r.client().Do(request)
	if err != nil {
		return unanswered(err)
	}
	defer answer.Body.Close()
	if err := refused(answer); err != nil {
		return fmt.Errorf("%s: %w", page.Redacted(), err)
	}
	if err := read(io.LimitReader(answer.Body, maxAnswer)); err != nil {
		return fmt.Errorf("%s is no answer of an exporter: %w; check that --url is the address of one", page.Redacted(), err)
	}
	return nil
}

// unanswered says that nobody answered, and what to do.
func unanswered(err error) error {
	return fmt.Errorf("the exporter does not answer: %w; check that it runs, and that --url is its address", err)
}

// refused says why an answer is not what was asked for, and what to do.
func refused(answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return errors.New("the exporter asks for a user and a password; put them into --url, as in https://USER:PASSWORD@HOST:10217, " +
			"and the flag into a file, named as @FILE, where others can see the command line")
	}
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
	what := strings.TrimSpace(fmt.Sprintf("HTTP %d: %s", answer.StatusCode, plain(strings.TrimSpace(string(said)))))
	if answer.StatusCode < 400 || answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusMethodNotAllowed {
		return fmt.Errorf("%s; check that --url is the address of an exporter", strings.TrimSuffix(what, ":"))
	}
	return errors.New(strings.TrimSuffix(what, ":"))
}
