package cloudsim

import (
	"cmp"
	"net/http"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	loginPath   = "/login"
	defaultWait = time.Second // of a throttled client
)

// serveFault answers as the fault says.
func (s *Sim) serveFault(out outcome, req *request, f *activeFault) {
	if a, ok := s.replaced(req, f.Fault); ok {
		out.send(a)
		return
	}
	switch f.Kind {
	case FaultForbidden, FaultNotFound:
		req.Refusal = refusalOf(f.Kind)
		out.send(s.answer(req))
	case FaultLatency:
		out.wait(f.Delay, f.removed)
		out.send(s.answer(req))
	case FaultHang:
		select {
		case <-f.removed:
		case <-out.r.Context().Done():
		}
		out.reset(nil)
	case FaultReset:
		out.reset(nil)
	case FaultCut:
		a := s.answer(req)
		out.note(a)
		out.reset(firstHalf(a))
	case FaultDrip:
		a := s.answer(req)
		out.note(a)
		out.drip(a, f.Delay)
	case FaultDuplicatePage:
		req.RepeatFirstPage = true
		out.send(s.answer(req))
	default:
		out.send(spoiled(f.Kind, s.answer(req)))
	}
}

// replaced returns the answer of a fault that does not depend on the real one. For other faults ok is false.
func (s *Sim) replaced(req *request, f Fault) (a httpsim.Answer, ok bool) {
	switch f.Kind {
	case FaultThrottle, FaultExpiredKey, FaultWrongKey, FaultBadRequest, FaultUnsupported, FaultServerError:
		return s.refuse(req, refusalOf(f.Kind), cmp.Or(f.Delay, defaultWait)), true
	case FaultErrorIn200:
		a = s.refuse(req, httpsim.ServerError, 0)
		a.Status = http.StatusOK
		return a, true
	case FaultBadGatewayHTML:
		return httpsim.NewHTML(http.StatusBadGateway, "502 Bad Gateway"), true
	case FaultHTML200:
		return httpsim.NewHTML(http.StatusOK, "Welcome"), true
	case FaultUnavailable:
		return httpsim.Answer{Status: http.StatusServiceUnavailable}, true
	case FaultEmpty:
		return httpsim.Answer{Status: http.StatusOK}, true
	case FaultEmptyObject:
		return httpsim.NewJSON(http.StatusOK, httpsim.Object{}), true
	case FaultRedirect:
		return httpsim.Answer{Status: http.StatusFound, Header: http.Header{"Location": {loginPath}}}, true
	default:
		return httpsim.Answer{}, false
	}
}

// refusalOf returns the reason of a fault that every cloud has an error for.
func refusalOf(kind FaultKind) httpsim.Refusal {
	switch kind {
	case FaultThrottle:
		return httpsim.Throttled
	case FaultForbidden:
		return httpsim.Forbidden
	case FaultExpiredKey:
		return httpsim.ExpiredKey
	case FaultWrongKey:
		return httpsim.WrongKey
	case FaultNotFound:
		return httpsim.NotFound
	case FaultBadRequest:
		return httpsim.BadRequest
	case FaultUnsupported:
		return httpsim.Unsupported
	default:
		return httpsim.ServerError
	}
}
