package cloudsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Fault makes calls go wrong.
//
// In JSON its fields are cloud, region, access_key_id, operation, instance_id, node_id, kind, delay, status, code, times
// and after. A delay is text, such as "2s".
type Fault struct {
	// Which calls it matches. An empty string matches every call.
	Cloud, Region, AccessKeyID, Operation, InstanceID, NodeID string

	Kind   FaultKind
	Delay  time.Duration // meaning and default: see the kinds; other kinds ignore it
	Status int           // HTTP status; meaning and default: see the kinds; other kinds ignore it
	Code   string        // the cloud's error code; "": one that fits the status; for error_json only
	Times  int           // how many calls it hits; 0: all until it is removed
	After  int           // how many matching calls it spares first
}

// faultJSON has the fields of Fault in the same order. Only the type of Delay differs.
type faultJSON struct {
	Cloud       string    `json:"cloud,omitempty"`
	Region      string    `json:"region,omitempty"`
	AccessKeyID string    `json:"access_key_id,omitempty"`
	Operation   string    `json:"operation,omitempty"`
	InstanceID  string    `json:"instance_id,omitempty"`
	NodeID      string    `json:"node_id,omitempty"`
	Kind        FaultKind `json:"kind"`
	Delay       string    `json:"delay,omitempty"`
	Status      int       `json:"status,omitempty"`
	Code        string    `json:"code,omitempty"`
	Times       int       `json:"times,omitempty"`
	After       int       `json:"after,omitempty"`
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (f Fault) MarshalJSON() ([]byte, error) {
	delay := ""
	if f.Delay != 0 {
		delay = f.Delay.String()
	}
	return json.Marshal(faultJSON{
		f.Cloud, f.Region, f.AccessKeyID, f.Operation, f.InstanceID, f.NodeID, f.Kind, delay, f.Status, f.Code, f.Times, f.After,
	})
}

// UnmarshalJSON fails for unknown fields, unknown kinds, delays that are not durations, and a status that an answer
// cannot have.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var in faultJSON
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields() // a misspelled key would match every call
	if err := strict.Decode(&in); err != nil {
		return err
	}
	if kinds := FaultKinds(); !slices.Contains(kinds, in.Kind) {
		return fmt.Errorf("no fault of kind %q; there are %q", in.Kind, kinds)
	}
	if in.Status != 0 && (in.Status < 200 || in.Status > 599) {
		return fmt.Errorf("status %d is not from 200 to 599", in.Status)
	}
	var delay time.Duration
	if in.Delay != "" {
		var err error
		if delay, err = time.ParseDuration(in.Delay); err != nil {
			return err
		}
	}
	*f = Fault{
		in.Cloud, in.Region, in.AccessKeyID, in.Operation, in.InstanceID, in.NodeID, in.Kind, delay, in.Status, in.Code, in.Times, in.After,
	}
	return nil
}

// matches reports whether the call is one that the fault is meant for.
func (f Fault) matches(r *request) bool {
	for _, pair := range [][2]string{
		{f.Cloud, r.cloud},
		{f.Region, r.Region},
		{f.AccessKeyID, r.KeyID},
		{f.Operation, r.Operation},
		{f.InstanceID, r.InstanceID},
		{f.NodeID, r.NodeID},
	} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return true
}
