package helm

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestAddresses has the program and the chart judge the same addresses, three at a time, one under each name.
func TestAddresses(t *testing.T) {
	byVerdict := map[string][]string{}
	for line := range strings.Lines(read(t, "testdata/addresses.txt")) {
		verdict, address, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		byVerdict[verdict] = append(byVerdict[verdict], address)
	}
	if len(byVerdict["good"]) == 0 || len(byVerdict["bad"]) == 0 || len(byVerdict) != 3 {
		t.Fatalf("addresses by verdict, and the comment: %v", byVerdict)
	}
	for _, verdict := range []string{"good", "bad"} {
		for some := range slices.Chunk(byVerdict[verdict], 3) {
			judgeAddresses(t, some, verdict == "good")
		}
	}
}

// judgeAddresses compares what the program and the chart say of three addresses at most with what is wanted of each of them.
func judgeAddresses(t *testing.T, addresses []string, good bool) {
	t.Helper()
	flags, given := []string{"rules"}, map[string]string{}
	names := []struct{ flag, value string }{{"--exporter-url", "exporterUrl"}, {"--dashboard-url", "dashboardUrl"}, {"--runbook-url", "runbookUrl"}}
	for i, address := range addresses {
		flags = append(flags, names[i].flag+"="+address)
		given[names[i].value] = address
	}
	text, err := json.Marshal(map[string]any{"prometheusRule": given})
	if err != nil {
		t.Fatal(err)
	}
	_, printed, byProgram := output(exec.CommandContext(t.Context(), program, flags...))
	_, said, byChart := helm(t, "template", release, chart, "--values="+values["five lines"], "--values="+write(t, string(text)))
	if (byProgram == nil) != good || (byChart == nil) != good {
		t.Errorf("%q: errors %v of the program, %v of the chart", addresses, byProgram, byChart)
	}
	for i, address := range addresses {
		if takes := !strings.Contains(printed, names[i].flag+": "); takes != good {
			t.Errorf("the program takes %s as %s: %v", address, names[i].flag, takes)
		}
		if takes := !strings.Contains(said, "/prometheusRule/"+names[i].value+"'"); takes != good {
			t.Errorf("the chart takes %s as %s: %v", address, names[i].value, takes)
		}
	}
}
