package huawei

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"mongodb_backup_exporter/internal/backup"
)

const (
	pageSize = 100  // the most that DDS allows
	maxPages = 1000 // a list that does not end before is none
)

// list is an operation that answers in pages.
type list struct {
	name    string
	define  func() *def.HttpRequestDef
	field   string // of the answer, which holds the records
	request func(offset, limit *int32) any
}

type page struct {
	records []json.RawMessage
	total   int64 // -1: not said in a way that can be read
}

// pages reads a list to its end. total_count is not to be relied on: it ends the list when it agrees with what was
// read; otherwise the list ends with an empty page, or with a short one after more records than it promised.
func (s *Source) pages(ctx context.Context, l list) ([]json.RawMessage, error) {
	var records, before []json.RawMessage
	for range maxPages {
		offset, limit := int32(len(records)), int32(pageSize) //nolint:gosec // at most pageSize*maxPages
		o := operation{name: l.name, define: l.define, request: l.request(&offset, &limit)}
		p, err := call(ctx, s.client, o, func(body []byte) (page, error) { return decodePage(body, l.field, s.reject) })
		if err != nil {
			return nil, err
		}
		if len(p.records) > 0 && len(before) > 0 && bytes.Equal(p.records[0], before[0]) {
			return nil, &backup.Error{Op: l.name, Class: backup.ClassProtocol, Err: fmt.Errorf("the page at offset %d repeats the one before", offset)}
		}
		records, before = append(records, p.records...), p.records
		read, short := int64(len(records)), len(p.records) < pageSize
		if len(p.records) == 0 || read == p.total || (short && read > p.total) {
			return records, nil
		}
	}
	return nil, &backup.Error{Op: l.name, Class: backup.ClassProtocol, Err: fmt.Errorf("the list does not end after %d pages", maxPages)}
}

// listAnswer is a page of any of the lists.
type listAnswer struct {
	Instances  *[]json.RawMessage `json:"instances"`
	Backups    *[]json.RawMessage `json:"backups"`
	Jobs       *[]json.RawMessage `json:"jobs"`
	TotalCount json.RawMessage    `json:"total_count"`
}

func (a listAnswer) list(field string) *[]json.RawMessage {
	switch field {
	case "instances":
		return a.Instances
	case "backups":
		return a.Backups
	case "jobs":
		return a.Jobs
	}
	return nil
}

// decodePage takes an answer apart into records. Both the list and the count must be there: the SDK takes an empty
// answer for an empty list, which would say that all backups are gone.
func decodePage(body []byte, field string, reject rejecter) (page, error) {
	var answer listAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return page{}, fmt.Errorf("the answer has no list of %s", field)
		}
		return page{}, fmt.Errorf("the answer cannot be decoded: %w", err)
	}
	records := answer.list(field)
	if records == nil {
		return page{}, fmt.Errorf("the answer has no list of %s", field)
	}
	if isAbsent(answer.TotalCount) {
		return page{}, fmt.Errorf("the answer has a list of %s and no total_count", field)
	}
	p := page{records: *records}
	total, ok := integer(answer.TotalCount)
	if !ok {
		reject("total_count", answer.TotalCount)
		total = -1
	}
	p.total = total
	return p, nil
}
