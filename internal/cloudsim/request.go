package cloudsim

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxRequest bounds the body of a request, in bytes.
const maxRequest = 1 << 20

// request is one call, taken apart.
type request struct {
	http   *http.Request
	body   []byte
	params url.Values // of the query, and of the form where the body is one

	cloud, operation, keyID    string
	region, instanceID, nodeID string
	project                    string    // Huawei
	repeatFirstPage            bool      // a fault: every page is the first one
	refusal                    FaultKind // a fault: what an account that proved who it is hears instead of the answer

	// Set when the call is answered.
	id      string
	now     time.Time
	account *Account
}

// refusedAs returns why the account, which has proved who it is, gets no answer; "" when it gets one.
func (r *request) refusedAs() FaultKind {
	if r.refusal == "" && slices.Contains(r.account.Denied, r.operation) {
		return FaultForbidden
	}
	return r.refusal
}

func parseRequest(r *http.Request) (*request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	req := &request{http: r, body: body, params: query}
	if strings.HasPrefix(r.URL.Path, "/v3") {
		req.cloud = Huawei
		parseHuawei(req)
		return req, nil
	}
	req.cloud = Alibaba
	return req, parseAlibaba(req)
}

func parseAlibaba(req *request) error {
	mediaType, _, err := mime.ParseMediaType(req.http.Header.Get("Content-Type"))
	if err == nil && mediaType == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(req.body))
		if err != nil {
			return err
		}
		maps.Copy(req.params, form)
	}
	req.operation = req.http.Header.Get("X-Acs-Action")
	if req.operation == "" {
		req.operation = req.params.Get("Action")
	}
	req.keyID = req.params.Get("AccessKeyId")
	if a, ok := parseACS3(req.http.Header.Get("Authorization")); ok {
		req.keyID = a.keyID
	}
	req.region = req.params.Get("RegionId")
	req.instanceID = req.params.Get("DBInstanceId")
	req.nodeID = req.params.Get("NodeId")
	return nil
}

// locate finds the region of a call that does not name one: by its project or its instance.
func (s *Sim) locate(req *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.cloud == Huawei {
		req.region = s.regionOfProject(req.project)
		return
	}
	if req.region != "" {
		return
	}
	if in := s.index[indexKey(&Account{Cloud: Alibaba, AccessKeyID: req.keyID}, req.instanceID)]; in != nil {
		req.region = in.Region
	}
}

func (s *Sim) regionOfProject(project string) string {
	for _, a := range s.fleet.Accounts {
		for region, id := range a.ProjectIDs {
			if id == project {
				return region
			}
		}
	}
	return ""
}

// requestID returns the id of the n-th request in the cloud's own form: an upper-case UUID, or 32 hex digits.
func requestID(cloud string, n uint64) string {
	sum := sha256.Sum256(fmt.Append(nil, cloud, n))
	if cloud == Huawei {
		return fmt.Sprintf("%x", sum[:16])
	}
	return fmt.Sprintf("%X-%X-%X-%X-%X", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
