package evidence

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Formats returns the names of the formats that Write knows.
func Formats() []string { return []string{"html", "markdown", "csv", "json"} }

// Write writes a report in one of Formats.
func Write(to io.Writer, r *Report, format string) error {
	switch format {
	case "html":
		return writeHTML(to, r)
	case "markdown":
		return writeMarkdown(to, r)
	case "csv":
		return writeCSV(to, r)
	case "json":
		return report.WriteJSON(to, r)
	}
	return fmt.Errorf("no format is called %q", format)
}

// writeCSV writes a row for each target: the scalar fields of the JSON under the same names, and a column for each control.
func writeCSV(to io.Writer, r *Report) error {
	w := csv.NewWriter(to)
	var head []string
	places := scalars(reflect.TypeFor[Target]())
	for _, i := range places {
		head = append(head, jsonName(reflect.TypeFor[Target]().Field(i)))
	}
	for _, name := range backup.ControlNames() {
		head = append(head, "control_"+string(name))
	}
	if err := w.Write(head); err != nil {
		return err
	}
	for i := range r.Targets {
		value := reflect.ValueOf(r.Targets[i])
		var row []string
		for _, place := range places {
			row = append(row, cell(value.Field(place)))
		}
		for _, name := range backup.ControlNames() {
			row = append(row, r.Targets[i].Controls[name])
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// scalars returns the places of the fields of a struct that are neither lists nor objects.
func scalars(of reflect.Type) []int {
	var places []int
	for i := range of.NumField() {
		if kind := of.Field(i).Type.Kind(); kind != reflect.Slice && kind != reflect.Map {
			places = append(places, i)
		}
	}
	return places
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// cell returns a value as it stands in the JSON, without quotes; "": null.
func cell(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.String {
		return report.HarmlessCell(v.String())
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return ""
	}
	return strings.Trim(string(text), `"`)
}

// unequal is how much a share may differ from a number that floats do not have.
const unequal = 1e-9

// keptShare returns a share in percent, rounded down, so that 100 % are all: 99.98 %.
func keptShare(share *float64) string {
	if share == nil {
		return report.None
	}
	return percent(math.Floor(*share*1e4 + unequal))
}

// unsure returns a share in percent, rounded up, so that 0 % are none: 0.01 %.
func unsure(share *float64) string {
	if share == nil {
		return report.None
	}
	return percent(math.Ceil(max(0, *share*1e4-unequal)))
}

// percent writes hundredths of a percent.
func percent(hundredths float64) string {
	return strconv.FormatFloat(hundredths/100, 'f', -1, 64) + " %"
}

// title says in words for a person what a control asks for.
func title(name backup.ControlName) string {
	switch name {
	case backup.ControlCovered:
		return "Covered by a schedule"
	case backup.ControlFrequency:
		return "Backed up as often as the objective asks for"
	case backup.ControlRetention:
		return "Kept for as long as the objective asks for"
	case backup.ControlLastPoint:
		return "Last recovery point within the objective"
	case backup.ControlRemovals:
		return "Nothing removed before its expiry"
	case backup.ControlOutlives:
		return "Backups outlive the instance"
	case backup.ControlCopy:
		return "Copy in another region"
	case backup.ControlRestores:
		return "Restorable, by the cloud's own word"
	case backup.ControlRestored:
		return "A restore was seen"
	}
	return string(name)
}
