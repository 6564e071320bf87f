package cloudsim

import (
	"fmt"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const manyRecords = 1 << 30 // the total of a list that does not end

// listSpoiled sends the real answer with a fault in its list. An answer without a list is sent as it is.
func listSpoiled(spoil func(a httpsim.Answer, l httpsim.List)) behaviour {
	return spoiled(func(a *httpsim.Answer) {
		if l, ok := a.List(); ok {
			spoil(*a, l)
		}
	})
}

// withFirst replaces the first record of a list. An empty list gets a record.
func withFirst(change func(a httpsim.Answer, record httpsim.Object) any) behaviour {
	return listSpoiled(func(a httpsim.Answer, l httpsim.List) {
		records := l.Records
		if len(records) == 0 {
			records = []any{httpsim.Object{}}
		}
		if record, ok := records[0].(httpsim.Object); ok {
			records[0] = change(a, record)
		}
		l.Replace(records)
	})
}

func recordKinds() []kindRow {
	object := func() any { return httpsim.Object{"unexpected": "object"} }
	return []kindRow{
		{FaultWrongTypeList, listSpoiled(func(_ httpsim.Answer, l httpsim.List) { l.Replace(object()) })},
		{FaultWrongTypeRecords, listSpoiled(func(_ httpsim.Answer, l httpsim.List) {
			texts := make([]any, max(1, len(l.Records)))
			for i := range texts {
				texts[i] = "unexpected text"
			}
			l.Replace(texts)
		})},
		{FaultWrongTypeRecord, withFirst(func(a httpsim.Answer, record httpsim.Object) any {
			record[a.Page.ID] = object()
			return record
		})},
		{FaultWrongTypeFields, withFirst(func(a httpsim.Answer, record httpsim.Object) any {
			for key := range record {
				if key != a.Page.ID {
					record[key] = object()
				}
			}
			return record
		})},
		{FaultNullRecord, withFirst(func(httpsim.Answer, httpsim.Object) any { return nil })},
		{FaultNullList, listSpoiled(func(_ httpsim.Answer, l httpsim.List) { l.Replace(nil) })},
		{FaultMissingList, listSpoiled(func(_ httpsim.Answer, l httpsim.List) { l.Remove() })},
	}
}

// totalled sends the real answer with another total count.
func totalled(change func(total int) int) behaviour {
	return spoiled(func(a *httpsim.Answer) {
		body, _ := a.Body.(httpsim.Object)
		if total, ok := body[a.Page.Total].(int); ok {
			body[a.Page.Total] = change(total)
		}
	})
}

func listKinds() []kindRow {
	return []kindRow{
		{FaultWrongTotal, totalled(func(total int) int { return total + 1000 })},
		{FaultLowTotal, totalled(func(int) int { return 1 })},
		{FaultDuplicatePage, func(c faultyCall) {
			c.req.RepeatFirstPage = true
			c.send(c.answer())
		}},
		{FaultEndlessPages, func(c faultyCall) {
			c.wait(c.fault.Delay, c.fault.removed)
			c.req.RepeatFirstPage = true
			c.send(endless(c.answer(), c.req.PageStart))
		}},
		{FaultMovingList, func(c faultyCall) {
			c.req.PageShift = 1
			c.send(c.answer())
		}},
	}
}

// endless returns one page of a list that does not end. After the first page, each has the first record only, with the
// start of the page in its id. Where the answer names the size of its pages, it names one that makes the page full.
func endless(a httpsim.Answer, start int) httpsim.Answer {
	l, ok := a.List()
	body, isObject := a.Body.(httpsim.Object)
	if !ok || !isObject {
		return a
	}
	records := l.Records
	if start > 0 && len(records) > 0 {
		records = records[:1]
		if first, isObject := records[0].(httpsim.Object); isObject {
			first[a.Page.ID] = fmt.Sprintf("%v-%d", first[a.Page.ID], start)
		}
		l.Replace(records)
	}
	if _, counted := body[a.Page.Total]; counted {
		body[a.Page.Total] = manyRecords
	}
	if _, sized := body["PageSize"]; sized {
		body["PageSize"] = len(records)
	}
	return a
}
