package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// documentedDDS answers every operation of Huawei's DDS and IAM with the vendor's documented example.
func documentedDDS(t *testing.T, change map[string]http.HandlerFunc) http.Handler {
	t.Helper()
	example := func(name string) http.HandlerFunc {
		body, err := os.ReadFile(filepath.Join("..", "huawei", "testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}
	}
	answers := map[string]http.HandlerFunc{
		"projects": example("list_projects"), "instances": example("list_instances"), "jobs": example("list_tasks"),
		"backups": example("list_backups"), "policy": example("show_backup_policy"), "restore-time": example("list_restore_times"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		if r.FormValue("offset") != "" && r.FormValue("offset") != "0" {
			fmt.Fprintf(w, `{%q:[],"total_count":0}`, operation)
			return
		}
		answer := answers[operation]
		if change[operation] != nil {
			answer = change[operation]
		}
		answer(w, r)
	})
}

// A user whose cloud answers as the vendor documents it must see a clean check.
func TestCheckConfigLiveOnDocumentedAnswers(t *testing.T) {
	refused := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error_code":"DBS.200001","error_msg":"Parameter error."}`)
	}
	unpublished := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":"APIGW.0101","error_msg":"The API does not exist or has not been published in the environment"}`)
	}
	tests := []struct {
		name   string
		change map[string]http.HandlerFunc
		code   int
		want   []string // in the output
	}{
		{"as documented", nil, 0, []string{
			"discovery  –                                     ok", "backups    8436a91546294036b75931e879882200in02  ok",
			"jobs       8436a91546294036b75931e879882200in02  ok", "policy     9136fd2a9fcd405ea4674276ce36dae8in02  ok",
			"recovery   9136fd2a9fcd405ea4674276ce36dae8in02  ok", "recovery   d77905385f114217b75ae7d6ab9a7588in02  not offered for this instance",
		}},
		{"no list of tasks", map[string]http.HandlerFunc{"jobs": unpublished}, 0, []string{"jobs       8436a91546294036b75931e879882200in02  not offered for this instance"}},
		{"backups refused", map[string]http.HandlerFunc{"backups": refused}, 1, []string{"ListBackups: bad_request DBS.200001"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cloud := httptest.NewServer(documentedDDS(t, tt.change))
			defer cloud.Close()
			file := filepath.Join(t.TempDir(), "mongodb_backup_exporter.yml")
			text := fmt.Sprintf(`accounts:
  - name: hw
    cloud: huawei
    requests_per_second: 100
    credentials: {access_key_id: AK, access_key_secret: sk-test}
    regions: [{id: cn-north-4, endpoint: %q, iam_endpoint: %q, discovery: {enabled: true}}]
`, cloud.URL, cloud.URL)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			code := Run(t.Context(), []string{"check-config", "--live", "--config.file=" + file}, Environment{Stdout: &stdout, Stderr: &stderr, Now: time.Now})
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr.String())
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("no %q in\n%s", want, stdout.String())
				}
			}
		})
	}
}
