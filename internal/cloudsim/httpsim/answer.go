package httpsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Object is a JSON object of an answer.
type Object = map[string]any

// Answer is a cloud's answer to one call.
type Answer struct {
	Status int    // HTTP status
	Code   string // the cloud's error code; "": a success, or an error without a code
	Header http.Header
	Body   any    // sent as JSON unless Raw is set; nil: no body
	Raw    []byte // sent as it is; nil: Body is sent
	Page   Page
}

// Page says where an answer holds its list, for the faults that spoil lists. The zero value is no list.
type Page struct {
	Path  []string // keys from the body to the list of records
	Total string   // key of the total count; "": none
	ID    string   // key of a record's id
}

// NewJSON returns an answer with a body that is sent as JSON.
func NewJSON(status int, body any) Answer {
	return Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// NewHTML returns an answer with an HTML page that shows its title.
func NewHTML(status int, title string) Answer {
	return Answer{
		Status: status,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Raw:    []byte("<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"),
	}
}

// NewText returns an answer of plain text.
func NewText(status int, text string) Answer {
	return Answer{
		Status: status,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Raw:    []byte(text + "\n"),
	}
}

// Bytes returns the body as sent.
func (a Answer) Bytes() []byte {
	if a.Raw != nil || a.Body == nil {
		return a.Raw
	}
	text, err := json.Marshal(a.Body)
	if err != nil { // only an Override can hold a value that JSON cannot express
		return []byte(`{"simulator error":` + strconv.Quote(err.Error()) + `}`)
	}
	return text
}

// Write sends the answer.
func (a Answer) Write(w http.ResponseWriter) {
	body := a.Bytes()
	maps.Copy(w.Header(), a.Header)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(body) // an error means that the client has left
}

// List is the list of records in an answer.
type List struct {
	Records []any // nil: the answer holds no list where it should

	holder Object
	key    string
}

// Replace puts a value in the place of the list.
func (l List) Replace(v any) { l.holder[l.key] = v }

// Remove leaves the list out of the answer.
func (l List) Remove() { delete(l.holder, l.key) }

// List returns the list of the answer. For an answer without one, ok is false.
func (a Answer) List() (l List, ok bool) {
	at, isObject := a.Body.(Object)
	if !isObject || len(a.Page.Path) == 0 {
		return List{}, false
	}
	last := len(a.Page.Path) - 1
	for _, key := range a.Page.Path[:last] {
		if at, isObject = at[key].(Object); !isObject {
			return List{}, false
		}
	}
	l = List{holder: at, key: a.Page.Path[last]}
	l.Records, _ = at[l.key].([]any)
	return l, true
}

// Override applies the Override of a backup to its record.
func Override(record Object, with map[string]any) {
	for key, value := range with {
		if value == fleet.Omit {
			delete(record, key)
			continue
		}
		record[key] = value
	}
}

// TimeOfDay writes a time after midnight as hh:mm.
func TimeOfDay(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }
