package cloudsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// object is a JSON object of an answer.
type object = map[string]any

// answer is what a cloud says to one call.
type answer struct {
	status int
	code   string // the cloud's error code; "": success
	header http.Header
	body   any    // sent as JSON, unless raw is set
	raw    []byte // sent as it is
	page   page
}

// page says where the list is in an answer, for the faults that spoil lists.
type page struct {
	path  []string // keys from the body to the list of records; nil: the answer has no list
	total string   // key of the total count; "": none
	id    string   // key of a record's id
}

func newJSON(status int, body any) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

func newHTML(status int, title string) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		raw:    []byte("<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"),
	}
}

// bytes returns the body as sent.
func (a answer) bytes() []byte {
	if a.raw != nil || a.body == nil {
		return a.raw
	}
	text, err := json.Marshal(a.body)
	if err != nil { // only an Override can hold what JSON cannot
		return []byte(`{"simulator error":` + strconv.Quote(err.Error()) + `}`)
	}
	return text
}

func (a answer) write(w http.ResponseWriter) {
	body := a.bytes()
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if _, err := w.Write(body); err != nil {
		return // the client is gone; there is nobody to tell
	}
}

// list returns the records of the answer and a function that replaces them; ok is false when it has none.
func (a answer) list() (records []any, replace func(any), ok bool) {
	at, isObject := a.body.(object)
	if !isObject || len(a.page.path) == 0 {
		return nil, nil, false
	}
	last := len(a.page.path) - 1
	for _, key := range a.page.path[:last] {
		if at, isObject = at[key].(object); !isObject {
			return nil, nil, false
		}
	}
	records, _ = at[a.page.path[last]].([]any)
	return records, func(v any) { at[a.page.path[last]] = v }, true
}
