package cloudsim

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// start is the moment at which the tests' clocks begin: a Thursday.
var start = time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC)

// clockAt is a clock that stands until it is moved.
type clockAt struct{ offset atomic.Int64 }

func (c *clockAt) now() time.Time          { return start.Add(time.Duration(c.offset.Load())) }
func (c *clockAt) advance(d time.Duration) { c.offset.Add(int64(d)) }

const (
	aliKey    = "AKTEST"
	aliSecret = "test-secret"
	hwKey     = "AKHUAWEI"
	hwSecret  = "huawei-secret"
	project   = "0123456789abcdef0123456789abcdef"
	hwSet     = "c0c9f155c7b7423a9d30f0175998b63bin02"
	hwCluster = "d0c9f155c7b7423a9d30f0175998b63bin02"
)

// testFleet has one instance of each shape, with the history that the tests of its operations need.
func testFleet() Fleet {
	daily := Policy{
		Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Sunday}, StartsAt: 9 * time.Hour, Window: time.Hour,
		RetentionDays: 7, LogBackup: true, NextAt: start.Add(21 * time.Hour),
	}
	day1 := start.Add(-24 * time.Hour)
	return Fleet{Accounts: []Account{
		{Cloud: Alibaba, AccessKeyID: aliKey, AccessKeySecret: aliSecret, Instances: []Instance{
			{
				ID: "dds-set", Name: "orders", Region: "cn-hangzhou", Topology: ReplicaSet, Storage: "cloud_essd1",
				Version: "6.0", Tags: map[string]string{"env": "prod", "team": "a"}, CreatedAt: start.AddDate(0, -1, 0),
				Policy: daily, Recovery: []Window{{day1, start}},
				Backups: []Backup{
					{ID: "1", Method: "Snapshot", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 5000, ExpiresAt: start.AddDate(0, 0, 6)},
					{ID: "2", Manual: true, Method: "Snapshot", Status: "failed", Start: start.Add(-time.Hour), End: start.Add(-time.Hour)},
					{ID: "3", Method: "Snapshot", Status: "running", Start: start.Add(-time.Minute), Length: 4 * time.Minute, SizeBytes: 6000},
				},
			},
			{ID: "dds-local", Name: "local", Region: "cn-hangzhou", Topology: ReplicaSet, Storage: "local_ssd", Version: "4.2", Policy: Policy{Disabled: true, RetentionDays: 7}},
			{ID: "dds-one", Name: "one", Region: "cn-beijing", Topology: Standalone, Storage: "cloud_essd1", Version: "6.0"},
			{
				ID: "dds-shards", Name: "events", Region: "cn-hangzhou", Topology: ShardedCluster, Storage: "cloud_essd1",
				Version: "6.0", Shards: []string{"d-a", "d-b"}, ClusterBackup: true,
				Backups: []Backup{
					{ID: "11", Node: "d-a", Set: "cb-1", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 10},
					{ID: "12", Node: "d-b", Set: "cb-1", Status: "success", Start: day1, End: day1.Add(2 * time.Minute), SizeBytes: 20},
					{ID: "13", Node: "d-a", Set: "cb-2", Status: "success", Start: start.Add(-time.Hour), End: start, SizeBytes: 10},
				},
			},
		}},
		{
			Cloud: Huawei, AccessKeyID: hwKey, AccessKeySecret: hwSecret, AuthToken: "user-token",
			ProjectIDs: map[string]string{"cn-north-4": project},
			Instances: []Instance{
				{
					ID: hwSet, Name: "crm", Region: "cn-north-4", Topology: ReplicaSet, Version: "4.4", Policy: daily,
					Tags: map[string]string{"env": "prod"}, CreatedAt: start.AddDate(0, -1, 0), Recovery: []Window{{day1, start}},
					Backups: []Backup{
						{ID: "a1br02", Name: "auto-1", Method: "Physical", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 2803 * 1024},
						{ID: "a2br02", Name: "manual-1", Manual: true, Status: "failed", Start: start.Add(-2 * time.Hour), End: start.Add(-time.Hour), Reason: "node abnormal"},
						{ID: "a3br02", Name: "incr-1", Incremental: true, Status: "success", Start: day1, End: day1, SizeBytes: 1},
						{ID: "a4br02", Name: "auto-2", Status: "running", Start: start.Add(-time.Minute), Length: 4 * time.Minute, SizeBytes: 7},
					},
				},
				{
					ID: hwCluster, Name: "iot", Region: "cn-north-4", Topology: ShardedCluster, Version: "4.2",
					CreatedAt: start, Shards: []string{"s1gr02", "s2gr02"}, Policy: Policy{Disabled: true, RetentionDays: 7},
					Backups: []Backup{{ID: "b1br02", Name: "auto-3", Status: "deleting", Start: start.Add(-30 * time.Minute), End: start}},
				},
			},
		},
	}}
}

func newSim(t *testing.T, fleet Fleet) (*Sim, *clockAt) {
	t.Helper()
	clock := new(clockAt)
	return New(Options{Fleet: fleet, Now: clock.now}), clock
}

// reply is an answer, decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func send(t *testing.T, s http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	out := reply{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil && strings.Contains(out.header.Get("Content-Type"), "json") {
		t.Fatalf("the answer is no JSON object: %v: %s", err, out.text)
	}
	return out
}

func (r reply) code() string {
	for _, key := range []string{"Code", "error_code"} {
		if code, ok := r.body[key].(string); ok {
			return code
		}
	}
	return ""
}

// at returns what is found along the path of keys and indexes.
func (r reply) at(t *testing.T, path ...any) any {
	t.Helper()
	var v any = r.body
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

// column returns one field of each record of the list along the path.
func (r reply) column(t *testing.T, key string, path ...any) []any {
	t.Helper()
	column := []any{}
	for _, record := range r.at(t, path...).([]any) {
		column = append(column, record.(map[string]any)[key])
	}
	return column
}

var nonces atomic.Int64

func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// acs3Request returns a request that is signed as the documentation says, independently of what the simulation does.
func acs3Request(action string, params url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://mongodb.example/?"+params.Encode(), http.NoBody)
	hash := sha256.Sum256(nil)
	r.Header.Set("x-acs-action", action)
	r.Header.Set("x-acs-version", "2015-12-01")
	r.Header.Set("x-acs-date", start.Format("2006-01-02T15:04:05Z"))
	r.Header.Set("x-acs-signature-nonce", strconv.FormatInt(nonces.Add(1), 10))
	r.Header.Set("x-acs-content-sha256", hex.EncodeToString(hash[:]))
	signACS3(r, aliKey, aliSecret)
	return r
}

func signACS3(r *http.Request, key, secret string) {
	names := []string{"host"}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Acs-") {
			names = append(names, strings.ToLower(name))
		}
	}
	sort.Strings(names)
	text := r.Method + "\n/\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + strings.Join(names, ";") + "\n" + r.Header.Get("x-acs-content-sha256")
	hash := sha256.Sum256([]byte(text))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(hash[:])))
	r.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential="+key+",SignedHeaders="+strings.Join(names, ";")+
		",Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// rpcParams returns the parameters of a call that is signed by the legacy scheme.
func rpcParams(method, action string, params url.Values) url.Values {
	v := query("AccessKeyId", aliKey, "Action", action, "Format", "JSON", "SignatureMethod", "HMAC-SHA1",
		"SignatureNonce", strconv.FormatInt(nonces.Add(1), 10), "SignatureType", "", "SignatureVersion", "1.0",
		"Timestamp", start.Format("2006-01-02T15:04:05Z"), "Version", "2015-12-01")
	maps.Copy(v, params)
	signRPCParams(method, v)
	return v
}

func signRPCParams(method string, v url.Values) {
	text := method + "&%2F&" + url.QueryEscape(strings.ReplaceAll(v.Encode(), "+", "%20"))
	mac := hmac.New(sha1.New, []byte(aliSecret+"&"))
	mac.Write([]byte(text))
	v.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func callAlibaba(t *testing.T, s *Sim, action string, pairs ...string) reply {
	t.Helper()
	return send(t, s, acs3Request(action, query(pairs...)))
}

// huaweiRequest returns a request that is signed as the documentation says.
func huaweiRequest(method, path string, params url.Values, body string) *http.Request {
	r := httptest.NewRequest(method, "http://dds.example"+path+"?"+params.Encode(), strings.NewReader(body))
	r.Header.Set("X-Sdk-Date", start.Format("20060102T150405Z"))
	signHuawei(r, body, hwSecret, "host", "x-sdk-date")
	return r
}

func signHuawei(r *http.Request, body, secret string, names ...string) {
	text := r.Method + "\n" + r.URL.Path + "/\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	bodyHash := sha256.Sum256([]byte(body))
	text += "\n" + strings.Join(names, ";") + "\n" + hex.EncodeToString(bodyHash[:])
	hash := sha256.Sum256([]byte(text))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + r.Header.Get("X-Sdk-Date") + "\n" + hex.EncodeToString(hash[:])))
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+hwKey+", SignedHeaders="+strings.Join(names, ";")+
		", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

func getHuawei(t *testing.T, s *Sim, path string, pairs ...string) reply {
	t.Helper()
	return send(t, s, huaweiRequest(http.MethodGet, path, query(pairs...), ""))
}
