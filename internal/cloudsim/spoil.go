package cloudsim

import (
	"bytes"
	"compress/gzip"
	"maps"
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const hugeBody = 9 << 20 // bytes: more than any real answer

// spoiled returns the answer with the fault in its body.
func spoiled(kind FaultKind, a httpsim.Answer) httpsim.Answer {
	a.Header = maps.Clone(a.Header)
	switch kind {
	case FaultTruncated:
		body := a.Bytes()
		a.Raw = body[:len(body)/2]
	case FaultHugeBody:
		body := a.Bytes()
		padding := `{"Padding":"` + strings.Repeat("x", hugeBody) + `",`
		a.Raw = append([]byte(padding), bytes.TrimPrefix(body, []byte("{"))...)
	case FaultGzip:
		a.Raw = compressed(a.Bytes())
		a.Header.Set("Content-Encoding", "gzip")
	default:
		spoilList(kind, a)
	}
	return a
}

// spoilList changes the list of the answer, or the total count of it, in place. Without a list it does nothing.
func spoilList(kind FaultKind, a httpsim.Answer) {
	records, replace, ok := a.List()
	if !ok {
		return
	}
	body, _ := a.Body.(httpsim.Object) // an answer with a list is an object
	total, counted := body[a.Page.Total].(int)
	switch {
	case kind == FaultNullList:
		replace(nil)
	case kind == FaultWrongTypeRecord:
		if len(records) == 0 {
			records = append(records, httpsim.Object{})
		}
		if first, isObject := records[0].(httpsim.Object); isObject {
			first[a.Page.ID] = httpsim.Object{"unexpected": "object"}
		}
		replace(records)
	case kind == FaultWrongTotal && counted:
		body[a.Page.Total] = total + 1000
	case kind == FaultLowTotal && counted:
		body[a.Page.Total] = 1
	}
}

func compressed(text []byte) []byte {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	_, err := zip.Write(text)
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		return nil // cannot happen: a Buffer accepts every write
	}
	return buf.Bytes()
}
