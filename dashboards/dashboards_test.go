package dashboards

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	schemaVersion = 42 // of the classic model, as Grafana 12 and 13 write it
	columns       = 24
	maxRows       = 56 // about three screens of a laptop
)

type dashboard struct {
	UID           string
	Title         string
	Description   string
	Tags          []string
	SchemaVersion int
	Refresh       string
	Timezone      string
	Time          struct{ From, To string }
	Links         []struct {
		Title, URL  string
		KeepTime    bool
		IncludeVars bool
	}
	Annotations struct{ List []annotation }
	Templating  struct{ List []variable }
	Panels      []panel
}

type annotation struct {
	Datasource      datasource
	Target          target
	UseValueForTime bool
}

type variable struct {
	Name, Label, Description, Type, AllValue, Regex string
	Datasource                                      datasource
	Multi, IncludeAll                               bool
	Refresh                                         int
	Query                                           json.RawMessage // name of the plugin for a data source, otherwise an object
}

type panel struct {
	ID              int
	Type            string
	Title           string
	Description     string
	Datasource      datasource
	Targets         []target
	GridPos         struct{ X, Y, W, H int }
	Transformations []transformation
	Collapsed       bool // of a row
	FieldConfig     struct {
		Defaults  field
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
}

type field struct {
	Unit, NoValue string
	Thresholds    thresholds
	Mappings      []json.RawMessage
}

type thresholds struct {
	Steps []struct {
		Color string
		Value *float64
	}
}

type target struct {
	RefID, Expr, LegendFormat, Format string
	Instant                           bool
	Datasource                        datasource
}

type datasource struct{ Type, UID string }

type transformation struct {
	ID      string
	Options struct {
		IndexByName  map[string]int
		RenameByName map[string]string
	}
}

// load returns the dashboards and their text, by file name without .json.
func load(t *testing.T) (map[string]dashboard, map[string]string) {
	t.Helper()
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	boards, texts := map[string]dashboard{}, map[string]string{}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".json")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var board dashboard
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		boards[name], texts[name] = board, string(text)
	}
	if want := []string{"exporter", "fleet", "instance"}; !slices.Equal(slices.Sorted(maps.Keys(boards)), want) {
		t.Fatalf("dashboards: %v, want %v", slices.Sorted(maps.Keys(boards)), want)
	}
	return boards, texts
}

// eachBoard runs the test once for each dashboard.
func eachBoard(t *testing.T, test func(t *testing.T, name string, board dashboard)) {
	boards, _ := load(t)
	for _, name := range slices.Sorted(maps.Keys(boards)) {
		t.Run(name, func(t *testing.T) { test(t, name, boards[name]) })
	}
}

// rowType is the type of the panels that are headings.
const rowType = "row"

// eachPanel runs the test once for each panel of each dashboard, headings left out.
func eachPanel(t *testing.T, test func(t *testing.T, p panel)) {
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		for _, p := range board.Panels {
			if p.Type == rowType {
				continue
			}
			t.Run(p.Title, func(t *testing.T) { test(t, p) })
		}
	})
}

func TestFormat(t *testing.T) {
	_, texts := load(t)
	for name, text := range texts {
		var want bytes.Buffer
		if err := json.Indent(&want, []byte(strings.TrimSpace(text)), "", "  "); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String()+"\n", text); diff != "" {
			t.Errorf("%s.json is not indented by two spaces, one value a line (-want +got):\n%s", name, diff)
		}
	}
}

func TestIdentity(t *testing.T) {
	eachBoard(t, func(t *testing.T, name string, board dashboard) {
		if want := "mongodb-backup-" + name; board.UID != want {
			t.Errorf("uid %q, want %q: links and bookmarks need it", board.UID, want)
		}
		if board.SchemaVersion != schemaVersion {
			t.Errorf("schemaVersion %d, want %d", board.SchemaVersion, schemaVersion)
		}
		if !strings.HasPrefix(board.Title, "MongoDB backup / ") || board.Description == "" {
			t.Errorf("title %q, description %q", board.Title, board.Description)
		}
		if want := []string{"mongodb", "backup"}; !slices.Equal(board.Tags, want) {
			t.Errorf("tags %q, want %q", board.Tags, want)
		}
		if board.Refresh != "1m" || board.Timezone != "browser" {
			t.Errorf("refresh %q and time zone %q, want 1m (readings change that often) and browser", board.Refresh, board.Timezone)
		}
		if !regexp.MustCompile(`^now-\d+[hd]$`).MatchString(board.Time.From) || board.Time.To != "now" {
			t.Errorf("time range %v, want one that ends now", board.Time)
		}
	})
}

func TestPanelIDs(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, p := range board.Panels {
			if p.ID <= 0 || ids[p.ID] {
				t.Errorf("panel %q: id %d is not positive and unique", p.Title, p.ID)
			}
			if p.Title == "" || titles[p.Title] {
				t.Errorf("panel %d: title %q is not unique", p.ID, p.Title)
			}
			ids[p.ID], titles[p.Title] = true, true
		}
	})
}

func TestGrid(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		occupied := map[[2]int]string{}
		for _, p := range board.Panels {
			at := p.GridPos
			if p.Type == rowType {
				if at.X != 0 || at.W != columns || at.H != 1 || p.Collapsed {
					t.Errorf("%s: %+v, collapsed %t: want a heading of one row, the whole width, and open", p.Title, at, p.Collapsed)
				}
			} else if at.X < 0 || at.Y < 0 || at.W < 3 || at.H < 4 || at.X+at.W > columns || at.Y+at.H > maxRows {
				t.Errorf("%s: %+v is too small or leaves the grid of %d columns and %d rows", p.Title, at, columns, maxRows)
				continue
			}
			for cell := range at.W * at.H {
				place := [2]int{at.X + cell%at.W, at.Y + cell/at.W}
				if other, ok := occupied[place]; ok && other != p.Title {
					t.Errorf("%s overlaps %s at column %d, row %d", p.Title, other, place[0], place[1])
				}
				occupied[place] = p.Title
			}
		}
	})
}
