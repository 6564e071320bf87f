package cloudsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind string

// The kinds of fault. Faults that replace the answer do not check credentials, except for forbidden and not_found: there,
// a call with wrong credentials gets the error for wrong credentials.
const (
	FaultLatency         FaultKind = "latency"           // the answer comes after Delay
	FaultHang            FaultKind = "hang"              // no answer until the client leaves or the fault is removed; then the connection is reset
	FaultThrottle        FaultKind = "throttle"          // 400 Throttling.User or 429 APIGW.0308, with Delay as the time to wait (0: 1 s, negative: not sent)
	FaultForbidden       FaultKind = "forbidden"         // 403 Forbidden.RAM or DBS.280063
	FaultExpiredKey      FaultKind = "expired_key"       // 400 InvalidSecurityToken.Expired or InvalidAccessKeyId.Inactive, or 401 APIGW.0301 token expires
	FaultWrongKey        FaultKind = "wrong_key"         // 404 InvalidAccessKeyId.NotFound or 401 APIGW.0301 verify aksk signature fail
	FaultNotFound        FaultKind = "not_found"         // 404 InvalidDBInstanceId.NotFound or 400 DBS.280110
	FaultBadRequest      FaultKind = "bad_request"       // 400 InvalidParameter or DBS.200001
	FaultUnsupported     FaultKind = "unsupported"       // 400 StorageTypeOrInstanceTypeNotSupported or 404 APIGW.0101
	FaultServerError     FaultKind = "server_error"      // 503 ServiceUnavailable or 500 DBS.280005, as JSON
	FaultBadGatewayHTML  FaultKind = "bad_gateway_html"  // 502 with an HTML page
	FaultUnavailable     FaultKind = "unavailable_empty" // 503 without a body
	FaultEmpty           FaultKind = "empty"             // 200 without a body
	FaultEmptyObject     FaultKind = "empty_object"      // 200 {}
	FaultErrorIn200      FaultKind = "error_in_200"      // 200 with the body of an error
	FaultTruncated       FaultKind = "truncated"         // the first half of the JSON, as a complete HTTP answer
	FaultReset           FaultKind = "reset"             // the connection is reset before the answer
	FaultCut             FaultKind = "cut"               // the connection is closed in the middle of the body
	FaultDrip            FaultKind = "drip"              // the body comes 16 bytes at a time, with Delay in between (0: 100 ms)
	FaultWrongTypeRecord FaultKind = "wrong_type_record" // the id of the first record is an object; an empty list gets such a record
	FaultHugeBody        FaultKind = "huge_body"         // the answer, padded to 9 MiB
	FaultNullList        FaultKind = "null_list"         // the list is null
	FaultWrongTotal      FaultKind = "wrong_total"       // the total count is 1,000 too high
	FaultLowTotal        FaultKind = "low_total"         // the total count is 1
	FaultDuplicatePage   FaultKind = "duplicate_page"    // every page is the first one
	FaultHTML200         FaultKind = "html_200"          // 200 with an HTML page
	FaultGzip            FaultKind = "gzip"              // the answer, compressed though nobody asked
	FaultRedirect        FaultKind = "redirect"          // 302 to a log-in page
)

func faultKinds() []FaultKind {
	return []FaultKind{
		FaultLatency, FaultHang, FaultThrottle, FaultForbidden, FaultExpiredKey, FaultWrongKey, FaultNotFound,
		FaultBadRequest, FaultUnsupported, FaultServerError, FaultBadGatewayHTML, FaultUnavailable, FaultEmpty, FaultEmptyObject, FaultErrorIn200,
		FaultTruncated, FaultReset, FaultCut, FaultDrip, FaultWrongTypeRecord, FaultHugeBody, FaultNullList,
		FaultWrongTotal, FaultLowTotal, FaultDuplicatePage, FaultHTML200, FaultGzip, FaultRedirect,
	}
}

// Fault makes calls go wrong.
//
// In JSON its fields are cloud, region, operation, instance_id, node_id, kind, delay, times and after. A delay is text,
// such as "2s".
type Fault struct {
	// Which calls it matches. An empty string matches every call.
	Cloud, Region, Operation, InstanceID, NodeID string

	Kind  FaultKind
	Delay time.Duration // meaning and default: see the kinds; other kinds ignore it
	Times int           // how many calls it hits; 0: all until it is removed
	After int           // how many matching calls it spares first
}

type faultJSON struct {
	Cloud      string    `json:"cloud,omitempty"`
	Region     string    `json:"region,omitempty"`
	Operation  string    `json:"operation,omitempty"`
	InstanceID string    `json:"instance_id,omitempty"`
	NodeID     string    `json:"node_id,omitempty"`
	Kind       FaultKind `json:"kind"`
	Delay      string    `json:"delay,omitempty"`
	Times      int       `json:"times,omitempty"`
	After      int       `json:"after,omitempty"`
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (f Fault) MarshalJSON() ([]byte, error) {
	out := faultJSON{f.Cloud, f.Region, f.Operation, f.InstanceID, f.NodeID, f.Kind, "", f.Times, f.After}
	if f.Delay != 0 {
		out.Delay = f.Delay.String()
	}
	return json.Marshal(out)
}

// UnmarshalJSON fails for unknown fields, unknown kinds and delays that are not durations.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var in faultJSON
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields() // a misspelled key would match every call
	if err := strict.Decode(&in); err != nil {
		return err
	}
	if !slices.Contains(faultKinds(), in.Kind) {
		return fmt.Errorf("no fault of kind %q; there are %q", in.Kind, faultKinds())
	}
	*f = Fault{in.Cloud, in.Region, in.Operation, in.InstanceID, in.NodeID, in.Kind, 0, in.Times, in.After}
	if in.Delay == "" {
		return nil
	}
	var err error
	f.Delay, err = time.ParseDuration(in.Delay)
	return err
}
