package cloudsim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestErrorsByStatusAndCode(t *testing.T) {
	for _, tc := range []struct {
		name            string
		fault           cloudsim.Fault
		ali, hw         string // codes
		projects        string // the code of IAM, or else its body's status
		location, other string // other: the start of the body
	}{
		{"a code", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 403, Code: "Some.Code"}, "Some.Code", "Some.Code", "Some.Code", "", ""},
		{"JSON 502", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 502}, "ServiceUnavailable", "APIGW.0610", "502", "", ""},
		{"JSON 503", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 503}, "ServiceUnavailable", "APIGW.0613", "503", "", ""},
		{"JSON 504", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 504}, "ServiceUnavailable", "APIGW.0201", "504", "", ""},
		{"JSON 401", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 401}, "InvalidParameter", "APIGW.0301", "401", "", ""},
		{"JSON 403", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 403}, "Forbidden", "APIGW.0302", "403", "", ""},
		{"JSON 404", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 404}, "InvalidApi.NotFound", "APIGW.0101", "404", "", ""},
		{"JSON 400", cloudsim.Fault{Kind: cloudsim.FaultErrorJSON, Status: 400}, "InvalidParameter", "DBS.200001", "400", "", ""},
		{"HTML", cloudsim.Fault{Kind: cloudsim.FaultErrorHTML, Status: 404}, "", "", "", "", "<html>"},
		{"text", cloudsim.Fault{Kind: cloudsim.FaultErrorText, Status: 504}, "", "", "", "", "Gateway Timeout\n"},
		{"redirect", cloudsim.Fault{Kind: cloudsim.FaultRedirect, Status: 307}, "", "", "", "/login", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			s.Inject(tc.fault)
			ali := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
			hw := simtest.GetHuawei(t, s, simtest.BackupsPath)
			iam := simtest.GetHuawei(t, s, "/v3/projects")
			if ali.Code() != tc.ali || hw.Code() != tc.hw {
				t.Errorf("codes %q and %q, want %q and %q", ali.Code(), hw.Code(), tc.ali, tc.hw)
			}
			code := iam.Code()
			if failure, ok := iam.Body["error"].(map[string]any); ok {
				code = fmt.Sprint(failure["code"])
			}
			if code != tc.projects {
				t.Errorf("IAM: %s, want %q", iam.Text, tc.projects)
			}
			for _, reply := range []simtest.Reply{ali, hw, iam} {
				if reply.Status != tc.fault.Status || reply.Header.Get("Location") != tc.location || !strings.HasPrefix(reply.Text, tc.other) {
					t.Errorf("%d %v %s", reply.Status, reply.Header, reply.Text)
				}
			}
		})
	}
}

// body returns the answer to a call for backups, as it is sent.
func body(t *testing.T, kind cloudsim.FaultKind) (header http.Header, text []byte) {
	t.Helper()
	s, _ := simtest.New(simtest.Fleet())
	if kind != "" {
		s.Inject(cloudsim.Fault{Kind: kind})
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, simtest.ACS3Request("DescribeBackups", simtest.Query("DBInstanceId", "dds-set")))
	return w.Header(), w.Body.Bytes()
}

func TestSpoiledBytes(t *testing.T) {
	_, good := body(t, "")
	for kind, want := range map[cloudsim.FaultKind]string{
		cloudsim.FaultEmptyArray:   "[]",
		cloudsim.FaultJSONString:   `"The service is being upgraded."`,
		cloudsim.FaultTruncated:    string(good[:len(good)/2]),
		cloudsim.FaultBOM:          "\xef\xbb\xbf" + string(good),
		cloudsim.FaultNUL:          "{\"\x00" + string(good[2:]),
		cloudsim.FaultInvalidUTF8:  strings.ReplaceAll(string(good), `:"`, ":\"\xff"),
		cloudsim.FaultContentType:  string(good),
		cloudsim.FaultHugeHeader:   string(good),
		cloudsim.FaultWrongTypeTop: "[" + string(good) + "]",
		cloudsim.FaultDeepNesting:  `{"Padding":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "," + string(good[1:]),
		cloudsim.FaultDuplicateKeys: string(good[:len(good)-1]) +
			`,"Backups":null,"PageNumber":null,"PageSize":null,"RequestId":null,"TotalCount":null}`,
	} {
		if _, text := body(t, kind); string(text) != want {
			t.Errorf("%s: %.200q, want %.200q", kind, text, want)
		}
	}
	if !utf8.Valid(good) {
		t.Error("a good answer is not UTF-8")
	}
	if header, _ := body(t, cloudsim.FaultContentType); header.Get("Content-Type") != "application/xml" {
		t.Errorf("content type %q", header.Get("Content-Type"))
	}
	if header, _ := body(t, cloudsim.FaultHugeHeader); len(header.Get("X-Padding")) < 10<<20 {
		t.Error("the header is not huge")
	}
}

func TestCompressedAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	_, good := body(t, "")
	unzip := func(kind cloudsim.FaultKind) ([]byte, error) {
		header, text := body(t, kind)
		if header.Get("Content-Encoding") != "gzip" || len(text) > 1<<20 {
			t.Errorf("%s: %d bytes, %v", kind, len(text), header)
		}
		zip, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return io.ReadAll(zip)
	}
	if plain, err := unzip(cloudsim.FaultGzip); err != nil || !bytes.Equal(plain, good) {
		t.Errorf("gzip: %v, %s", err, plain)
	}
	if plain, err := unzip(cloudsim.FaultCorruptGzip); !errors.Is(err, gzip.ErrChecksum) || !bytes.Equal(plain, good) {
		t.Errorf("corrupt gzip: %v, %s", err, plain)
	}
	if plain, err := unzip(cloudsim.FaultGzipBomb); err != nil || len(plain) < 64<<20 || !json.Valid(plain) {
		t.Errorf("gzip bomb: %v, %d bytes", err, len(plain))
	}
}

func TestFaultsSpoilLists(t *testing.T) {
	object := map[string]any{"unexpected": "object"}
	for _, tc := range []struct {
		kind    cloudsim.FaultKind
		ali, hw any // the lists, with the ids in the place of the records
	}{
		{"", []any{"2", "1"}, []any{"a4br02", "b1br02", "a2br02", "a1br02"}},
		{cloudsim.FaultWrongTypeRecord, []any{object, "1"}, []any{object, "b1br02", "a2br02", "a1br02"}},
		{cloudsim.FaultWrongTypeRecords, []any{"unexpected text", "unexpected text"}, []any{"unexpected text", "unexpected text", "unexpected text", "unexpected text"}},
		{cloudsim.FaultNullRecord, []any{nil, "1"}, []any{nil, "b1br02", "a2br02", "a1br02"}},
		{cloudsim.FaultWrongTypeList, object, object},
		{cloudsim.FaultNullList, nil, nil},
		{cloudsim.FaultMissingList, "missing", "missing"},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			s.Inject(cloudsim.Fault{Kind: tc.kind})
			ali := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
			hw := simtest.GetHuawei(t, s, simtest.BackupsPath)
			if diff := cmp.Diff(tc.ali, ids(ali.Body["Backups"].(map[string]any), "Backup", "BackupId")); diff != "" {
				t.Errorf("Alibaba (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.hw, ids(hw.Body, "backups", "id")); diff != "" {
				t.Errorf("Huawei (-want +got):\n%s", diff)
			}
			if ali.Body["TotalCount"] != 2.0 || hw.Body["total_count"] != 4.0 {
				t.Errorf("totals %v and %v changed too", ali.Body["TotalCount"], hw.Body["total_count"])
			}
		})
	}
}

// ids returns the value of a key, in which the id stands for a record that is an object.
func ids(in map[string]any, key, id string) any {
	value, ok := in[key]
	if !ok {
		return "missing"
	}
	records, ok := value.([]any)
	if !ok {
		return value
	}
	list := make([]any, 0, len(records))
	for _, record := range records {
		if fields, ok := record.(map[string]any); ok {
			if record, ok = fields[id]; !ok {
				record = "an object without an id"
			}
		}
		list = append(list, record)
	}
	return list
}

func TestWrongTypeFieldsKeepTheID(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	s.Inject(cloudsim.Fault{Kind: cloudsim.FaultWrongTypeFields})
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
	first := got.At(t, "Backups", "Backup", 0).(map[string]any)
	for field, value := range first {
		if _, isObject := value.(map[string]any); isObject == (field == "BackupId") {
			t.Errorf("%s is %v", field, value)
		}
	}
	if second := got.At(t, "Backups", "Backup", 1, "BackupStatus"); second != "Success" {
		t.Errorf("the status of the second record is %v", second)
	}
}

// TestEmptyListsGetABadRecord: a fault of records does something to a list without records, too.
func TestEmptyListsGetABadRecord(t *testing.T) {
	for _, kind := range []cloudsim.FaultKind{cloudsim.FaultWrongTypeRecord, cloudsim.FaultWrongTypeRecords, cloudsim.FaultNullRecord} {
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(cloudsim.Fault{Kind: kind})
		got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-local")
		if records := got.At(t, "Backups", "Backup").([]any); len(records) != 1 {
			t.Errorf("%s: %s", kind, got.Text)
		}
	}
}

func TestWrongTotals(t *testing.T) {
	for kind, want := range map[cloudsim.FaultKind][2]float64{cloudsim.FaultWrongTotal: {1002, 1004}, cloudsim.FaultLowTotal: {1, 1}} {
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(cloudsim.Fault{Kind: kind})
		ali := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
		hw := simtest.GetHuawei(t, s, simtest.BackupsPath)
		if ali.Body["TotalCount"] != want[0] || hw.Body["total_count"] != want[1] {
			t.Errorf("%s: %s, %s", kind, ali.Text, hw.Text)
		}
	}
}

func TestPagesOfFaults(t *testing.T) {
	for _, tc := range []struct {
		kind       cloudsim.FaultKind
		ali, hw    []any // the second page of the ids, of 30 and of 2
		aliT, hwT  float64
		size, page float64 // as the answer of Alibaba Cloud has them
	}{
		{"", []any{"b-30", "b-31"}, []any{"a2br02", "a1br02"}, 32, 4, 30, 2},
		{cloudsim.FaultMovingList, []any{"b-29", "b-30", "b-31"}, []any{"b1br02", "a2br02"}, 32, 4, 30, 2},
		{cloudsim.FaultEndlessPages, []any{"b-00-30"}, []any{"a4br02-2"}, 1 << 30, 1 << 30, 1, 2},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			f := simtest.Fleet()
			in := f.Instance("dds-set")
			in.Backups = nil
			for n := range 32 {
				in.Backups = append(in.Backups, fleet.Backup{ID: fmt.Sprintf("b-%02d", n), Status: fleet.StatusSuccess, Start: simtest.Start(), End: simtest.Start()})
			}
			s, _ := simtest.New(f)
			s.Inject(cloudsim.Fault{Kind: tc.kind})
			got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "PageNumber", "2", "PageSize", "30")
			if diff := cmp.Diff(tc.ali, got.Column(t, "BackupId", "Backups", "Backup")); diff != "" || got.Body["TotalCount"] != tc.aliT {
				t.Errorf("Alibaba: of %v (-want +got):\n%s", got.Body["TotalCount"], diff)
			}
			if got.Body["PageSize"] != tc.size || got.Body["PageNumber"] != tc.page {
				t.Errorf("Alibaba: size %v of page %v", got.Body["PageSize"], got.Body["PageNumber"])
			}
			hw := simtest.GetHuawei(t, s, simtest.BackupsPath, "offset", "2", "limit", "2")
			if diff := cmp.Diff(tc.hw, hw.Column(t, "id", "backups")); diff != "" || hw.Body["total_count"] != tc.hwT {
				t.Errorf("Huawei: of %v (-want +got):\n%s", hw.Body["total_count"], diff)
			}
			first := simtest.GetHuawei(t, s, simtest.BackupsPath, "limit", "2")
			if diff := cmp.Diff([]any{"a4br02", "b1br02"}, first.Column(t, "id", "backups")); diff != "" {
				t.Errorf("Huawei, first page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDuplicatePage(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	s.Inject(cloudsim.Fault{Kind: cloudsim.FaultDuplicatePage})
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "PageNumber", "2")
	if diff := cmp.Diff([]any{"2", "1"}, got.Column(t, "BackupId", "Backups", "Backup")); diff != "" || got.Body["PageNumber"] != 2.0 {
		t.Errorf("Alibaba, page %v (-want +got):\n%s", got.Body["PageNumber"], diff)
	}
	hw := simtest.GetHuawei(t, s, simtest.BackupsPath, "offset", "2", "limit", "2")
	if diff := cmp.Diff([]any{"a4br02", "b1br02"}, hw.Column(t, "id", "backups")); diff != "" {
		t.Errorf("Huawei (-want +got):\n%s", diff)
	}
}
