package huawei

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

func TestCanonicalRequest(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:41215/v3/0123/backups?limit=100", http.NoBody)
	for key, value := range map[string]string{
		"User-Agent": "huaweicloud-usdk-go/3.0; probe/1.0", "X-Project-Id": "0123", "X-Sdk-Date": "20261122T085035Z",
		"X-Security-Token": "STS-TOKEN",
	} {
		r.Header.Set(key, value)
	}
	h := authorization{httpsim.Authorization{Signed: strings.Split("user-agent;x-project-id;x-sdk-date;x-security-token", ";")}}
	want := "GET\n/v3/0123/backups/\nlimit=100\nuser-agent:huaweicloud-usdk-go/3.0; probe/1.0\nx-project-id:0123\n" +
		"x-sdk-date:20261122T085035Z\nx-security-token:STS-TOKEN\n\nuser-agent;x-project-id;x-sdk-date;x-security-token\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := h.canonical(&httpsim.Request{HTTP: r}); got != want {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}
