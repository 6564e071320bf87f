package alibaba

import (
	"slices"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// paging says which records of a list a call asks for.
type paging struct {
	number int // of the page, from 1
	size   int // records per page
}

// readPaging reads PageSize, and the page number from the named parameter. It returns the error for values that are not
// valid.
func readPaging(req *httpsim.Request, numberParam string) (paging, *httpsim.Answer) {
	p := paging{number: 1, size: 30}
	if text := req.Params.Get(numberParam); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return p, new(badRequest(req, "InvalidPageNumber.Malformed", "The specified parameter "+numberParam+" is not valid."))
		}
		p.number = n
	}
	if text := req.Params.Get("PageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.Contains([]int{30, 50, 100}, n) {
			return p, new(badRequest(req, "InvalidPageSize.Malformed", "The specified parameter PageSize is not valid."))
		}
		p.size = n
	}
	return p, nil
}

// pageOf returns the records of one page.
func pageOf[T any](req *httpsim.Request, all []T, p paging) []T {
	from := min(len(all), req.PageFrom((p.number-1)*p.size))
	return all[from:min(len(all), from+p.size)]
}

// listOf wraps records as the API wraps most of its lists.
func (api *API) listOf(key string, records []any) object {
	if len(records) == 0 && api.opts.Variants.BareEmptyList {
		return object{}
	}
	return object{key: records}
}

// unlessEmpty returns a body with the records. A variant leaves an empty list out.
func (api *API) unlessEmpty(key string, records []any) object {
	if len(records) == 0 && api.opts.Variants.MissingEmptyLists {
		return object{}
	}
	return object{key: records}
}

// timeRange is a span of time without its end.
type timeRange struct{ start, end time.Time }

func (r timeRange) contains(t time.Time) bool { return !t.Before(r.start) && t.Before(r.end) }

// readTimeRange reads StartTime and EndTime, which are both optional. It returns the error for values that are not valid.
func (api *API) readTimeRange(req *httpsim.Request) (timeRange, *httpsim.Answer) {
	r := timeRange{end: req.Now.AddDate(100, 0, 0)}
	refuse := func(code string) (timeRange, *httpsim.Answer) {
		return r, new(badRequest(req, code, "The specified parameter StartTime or EndTime is not valid."))
	}
	var err error
	if text := req.Params.Get("StartTime"); text != "" {
		if r.start, err = time.Parse(minuteTime, text); err != nil {
			return refuse("InvalidStartTime.Malformed")
		}
	}
	if text := req.Params.Get("EndTime"); text != "" {
		r.end, err = time.Parse(minuteTime, text)
		if err != nil || (api.opts.Variants.FutureEndRejected && r.end.After(req.Now)) {
			return refuse("InvalidEndTime.Malformed")
		}
	}
	if !r.end.After(r.start) {
		return refuse("InvalidStartTimeAndEndTime.Malformed")
	}
	return r, nil
}

// readListing reads the page and the span of time that a listing of backups asks for.
func (api *API) readListing(req *httpsim.Request, numberParam string) (p paging, r timeRange, bad *httpsim.Answer) {
	if p, bad = readPaging(req, numberParam); bad == nil {
		r, bad = api.readTimeRange(req)
	}
	return p, r, bad
}

// timeOf writes a time to the second. It returns "" for the zero time.
func timeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(secondTime)
}
