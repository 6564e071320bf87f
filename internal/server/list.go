package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// rowsPerPage is how many targets the status page shows at a time.
const rowsPerPage = 100

// parseWanted reads which targets a query asks for; the parameter with the verdicts is called health or state. An error names
// the parameter that is wrong.
func parseWanted(query url.Values, verdicts string) (report.Wanted, error) {
	want := report.Wanted{
		Account: query.Get("account"), Region: query.Get("region"), Instance: query.Get("instance"), Text: strings.TrimSpace(query.Get("text")),
		Sort: report.Sort(query.Get("sort")),
	}
	for _, value := range query[verdicts] {
		for name := range strings.SplitSeq(value, ",") {
			state, ok := backup.ParseHealthState(name)
			if !ok && name != "" {
				return want, fmt.Errorf("the parameter %s is one of %s, or several with commas between them", verdicts, stateNames())
			}
			if name != "" && !slices.Contains(want.States, state) {
				want.States = append(want.States, state)
			}
		}
	}
	if !slices.Contains(report.Sorts(), want.Sort) {
		return want, fmt.Errorf("the parameter sort is one of name, where, success, size; left out, the worst come first")
	}
	if len(want.Text) > maxID || len(want.Instance) > maxID {
		return want, fmt.Errorf("the parameters text and instance have up to %d bytes", maxID)
	}
	return want, nil
}

func stateNames() string {
	var names []string
	for _, state := range backup.HealthStates() {
		names = append(names, state.String())
	}
	return strings.Join(names, ", ")
}

// choice is a link that narrows or orders the list.
type choice struct {
	Label, Href string // Href "": no link
	Current     bool
	Count       int // of the targets with a verdict
}

// listPage is what the template of the status page shows.
type listPage struct {
	report.Report
	Want      report.Wanted
	States    []choice // with their numbers, the worst first
	Columns   []choice // with links to sort by them
	Accounts  []string // of all regions
	Places    []string // the regions of all accounts
	Trouble   bool     // the accounts stand first on the page
	Unscraped string   // that nobody scrapes, in a sentence; "": somebody does
	Forgotten report.Unmonitored
	First     int    // number of the first row
	Last      int    // number of the last row
	Previous  string // links to the pages around; "": there is none
	Next      string
	All       string // the list without filters
	Here      string // this page again
	Version   string
	Telemetry string // path of the metrics
}

// status answers with a page for a person: a row per target, worst first.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	want, err := parseWanted(query, "state")
	if err != nil {
		s.text(w, http.StatusBadRequest, err.Error()+"\n")
		return
	}
	number, err := strconv.Atoi(query.Get("page"))
	if query.Get("page") == "" {
		number, err = 1, nil
	}
	if err != nil || number < 1 || number > 1_000_000 {
		s.text(w, http.StatusBadRequest, "the parameter page is a number from 1 on\n")
		return
	}
	want.Skip, want.Limit = (number-1)*rowsPerPage, rowsPerPage
	snapshot := s.opts.Poller.Snapshot()
	page := listPage{
		Report: report.Select(snapshot, want, s.opts.Now()), Want: want, Version: s.opts.Version, Telemetry: s.opts.TelemetryPath,
		All: "/", Here: address(want, number), Unscraped: s.unscraped(), Forgotten: report.NewUnmonitored(snapshot, want, s.opts.Now()),
	}
	page.Accounts, page.Places = places(snapshot)
	page.Trouble = slices.ContainsFunc(page.Regions, func(r report.Region) bool { return r.LastError != "" })
	page.link(number)
	s.show(w, http.StatusOK, "status", &page)
}

// link sets the links of the page with a number.
func (p *listPage) link(number int) {
	for _, state := range backup.HealthStates() {
		only := p.Want
		only.States = []backup.HealthState{state}
		p.States = append(p.States, choice{
			Label: state.String(), Href: address(only, 1),
			Current: slices.Contains(p.Want.States, state), Count: p.Count(state),
		})
	}
	for _, column := range []struct {
		label string
		order report.Sort
	}{
		{"Verdict", report.SortVerdict}, {"Instance", report.SortName}, {"Where", report.SortWhere}, {"Last success", report.SortSuccess}, {"Size", report.SortSize},
	} {
		sorted := p.Want
		sorted.Sort = column.order
		p.Columns = append(p.Columns, choice{Label: column.label, Href: address(sorted, 1), Current: p.Want.Sort == column.order})
	}
	for _, label := range []string{"Late from", "Next backup", "Read"} {
		p.Columns = append(p.Columns, choice{Label: label})
	}
	p.First, p.Last = min(p.Want.Skip+1, p.Matching), p.Want.Skip+len(p.Targets)
	if number > 1 {
		p.Previous = address(p.Want, number-1)
	}
	if p.Last < p.Matching && len(p.Targets) > 0 {
		p.Next = address(p.Want, number+1)
	}
}

// Total returns how many targets have any verdict.
func (p *listPage) Total() int {
	n := 0
	for _, state := range backup.HealthStates() {
		n += p.Count(state)
	}
	return n
}

// StateList returns the verdicts that are wanted, as the parameter has them.
func (p *listPage) StateList() string {
	var names []string
	for _, state := range p.Want.States {
		names = append(names, state.String())
	}
	return strings.Join(names, ",")
}

// AnyState returns the link to the same list with every verdict.
func (p *listPage) AnyState() string {
	all := p.Want
	all.States = nil
	return address(all, 1)
}

// address returns the address of a page of the list.
func address(want report.Wanted, number int) string {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("state", (&listPage{Want: want}).StateList())
	set("account", want.Account)
	set("region", want.Region)
	set("instance", want.Instance)
	set("text", want.Text)
	set("sort", string(want.Sort))
	if number > 1 {
		set("page", strconv.Itoa(number))
	}
	if len(query) == 0 {
		return "/"
	}
	return "/?" + query.Encode()
}

// places returns the accounts and the regions of a snapshot, sorted.
func places(snapshot *backup.Snapshot) (accounts, regions []string) {
	for _, r := range snapshot.Regions {
		accounts = append(accounts, r.Account)
		if !r.OfRegions {
			regions = append(regions, r.Region)
		}
	}
	slices.Sort(accounts)
	slices.Sort(regions)
	return slices.Compact(accounts), slices.Compact(regions)
}
