package cloudsim

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

func TestCallLogIsBounded(t *testing.T) {
	log := callLog{now: func() time.Time { return time.Time{} }}
	for n := range 3 * maxCalls {
		log.end(log.begin(&request{Request: &httpsim.Request{Operation: "Op", InstanceID: fmt.Sprint(n)}}), httpsim.Answer{Status: http.StatusOK})
	}
	calls := log.list()
	if len(calls) != maxCalls || calls[maxCalls-1].InstanceID != fmt.Sprint(3*maxCalls-1) || log.count("Op") != 3*maxCalls {
		t.Errorf("%d calls, the last of %s, %d counted", len(calls), calls[len(calls)-1].InstanceID, log.count("Op"))
	}
	for _, call := range calls {
		if call.Status != http.StatusOK {
			t.Fatalf("call of %s has status %d", call.InstanceID, call.Status)
		}
	}
}
