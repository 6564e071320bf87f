package huawei

import (
	"strconv"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// paging says which records of a list a call asks for.
type paging struct{ offset, limit int }

// readPaging reads offset and limit; an empty value is a missing one. It returns the error for values that are not
// valid.
func readPaging(req *httpsim.Request) (paging, *httpsim.Answer) {
	p := paging{limit: 100}
	var err error
	if text := req.Params.Get("limit"); text != "" {
		p.limit, err = strconv.Atoi(text)
		if err != nil || p.limit < 1 || p.limit > 100 {
			return p, new(badRequest(req, "DBS.280439", "The value of limit is invalid."))
		}
	}
	if text := req.Params.Get("offset"); text != "" {
		p.offset, err = strconv.Atoi(text)
		if err != nil || p.offset < 0 {
			return p, new(badRequest(req, "DBS.280440", "The value of offset is invalid."))
		}
	}
	p.offset = req.PageFrom(p.offset)
	return p, nil
}

// pageOf returns the records that a call asks for.
func pageOf[T any](all []T, p paging) []T {
	from := min(len(all), p.offset)
	return all[from:min(len(all), from+p.limit)]
}
