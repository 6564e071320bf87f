package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	loginPath     = "/login"
	defaultWait   = time.Second // of a throttled client
	defaultStatus = http.StatusInternalServerError
)

// faultyCall is a call that a fault hits.
type faultyCall struct {
	outcome
	sim   *Sim
	req   *request
	fault *activeFault
}

// answer returns the real answer.
func (c faultyCall) answer() httpsim.Answer { return c.sim.answer(c.req) }

// noted returns the real answer and logs it.
func (c faultyCall) noted() httpsim.Answer {
	a := c.answer()
	c.note(a)
	return a
}

// refuse returns the documented error for a reason.
func (c faultyCall) refuse(why httpsim.Refusal) httpsim.Answer {
	return c.sim.refuse(c.req, why, cmp.Or(c.fault.Delay, defaultWait))
}

// status returns the HTTP status of the fault, or else the given one.
func (c faultyCall) status(otherwise int) int { return cmp.Or(c.fault.Status, otherwise) }

// behaviour is what a kind of fault does to a call.
type behaviour func(c faultyCall)

type kindRow struct {
	kind  FaultKind
	serve behaviour // nil: a fault of an endpoint
}

// behaviours returns what every kind does.
func behaviours() []kindRow {
	return slices.Concat(
		slowKinds(), errorKinds(), formlessKinds(), byteKinds(), recordKinds(), listKinds(), connectionKinds(), endpointKinds(),
	)
}

// behaviourOf returns what a kind does; nil for a kind of endpoints and for no kind at all.
func behaviourOf(kind FaultKind) behaviour {
	for _, row := range behaviours() {
		if row.kind == kind {
			return row.serve
		}
	}
	return nil
}

func slowKinds() []kindRow {
	return []kindRow{
		{FaultLatency, func(c faultyCall) {
			c.wait(c.fault.Delay, c.fault.removed)
			c.send(c.answer())
		}},
		{FaultHang, func(c faultyCall) {
			c.waitFor(c.fault.removed)
			c.abort(nil)
		}},
		{FaultHangBody, func(c faultyCall) { c.hangBody(c.noted(), c.fault.removed) }},
		{FaultDrip, func(c faultyCall) { c.drip(c.noted(), c.fault.Delay) }},
	}
}

// replaced sends another answer in the place of the real one.
func replaced(by func(faultyCall) httpsim.Answer) behaviour {
	return func(c faultyCall) { c.send(by(c)) }
}

// refused sends the documented error for a reason.
func refused(why httpsim.Refusal) behaviour {
	return replaced(func(c faultyCall) httpsim.Answer { return c.refuse(why) })
}

// refusedByAccount sends the documented error for a reason to an authenticated account.
func refusedByAccount(why httpsim.Refusal) behaviour {
	return func(c faultyCall) {
		c.req.Refusal = why
		c.send(c.answer())
	}
}

func errorKinds() []kindRow {
	return []kindRow{
		{FaultThrottle, refused(httpsim.Throttled)},
		{FaultThrottleHTML, replaced(func(faultyCall) httpsim.Answer {
			return httpsim.NewHTML(http.StatusTooManyRequests, "429 Too Many Requests")
		})},
		{FaultForbidden, refusedByAccount(httpsim.Forbidden)},
		{FaultExpiredKey, refused(httpsim.ExpiredKey)},
		{FaultWrongKey, refused(httpsim.WrongKey)},
		{FaultNotFound, refusedByAccount(httpsim.NotFound)},
		{FaultBadRequest, refused(httpsim.BadRequest)},
		{FaultUnsupported, refused(httpsim.Unsupported)},
		{FaultServerError, refused(httpsim.ServerError)},
		{FaultErrorJSON, replaced(func(c faultyCall) httpsim.Answer {
			return c.sim.fail(c.req, c.status(defaultStatus), c.fault.Code)
		})},
		{FaultErrorHTML, replaced(func(c faultyCall) httpsim.Answer {
			return httpsim.NewHTML(c.status(defaultStatus), http.StatusText(c.status(defaultStatus)))
		})},
		{FaultErrorText, replaced(func(c faultyCall) httpsim.Answer {
			return httpsim.NewText(c.status(defaultStatus), http.StatusText(c.status(defaultStatus)))
		})},
		{FaultErrorEmpty, replaced(func(c faultyCall) httpsim.Answer {
			return httpsim.Answer{Status: c.status(defaultStatus)}
		})},
		{FaultBadGatewayHTML, replaced(func(faultyCall) httpsim.Answer {
			return httpsim.NewHTML(http.StatusBadGateway, "502 Bad Gateway")
		})},
		{FaultUnavailable, replaced(always(httpsim.Answer{Status: http.StatusServiceUnavailable}))},
		{FaultErrorIn200, replaced(func(c faultyCall) httpsim.Answer {
			a := c.refuse(httpsim.ServerError)
			a.Status = http.StatusOK
			return a
		})},
	}
}

// always returns the same answer to every call.
func always(a httpsim.Answer) func(faultyCall) httpsim.Answer {
	return func(faultyCall) httpsim.Answer { return a }
}

// formlessKinds are answers that are not errors and do not have the form of an answer.
func formlessKinds() []kindRow {
	return []kindRow{
		{FaultRedirect, replaced(func(c faultyCall) httpsim.Answer {
			return httpsim.Answer{Status: c.status(http.StatusFound), Header: http.Header{"Location": {loginPath}}}
		})},
		{FaultHTML200, replaced(always(httpsim.NewHTML(http.StatusOK, "Welcome")))},
		{FaultEmpty, replaced(always(httpsim.Answer{Status: http.StatusOK}))},
		{FaultEmptyObject, replaced(always(httpsim.NewJSON(http.StatusOK, httpsim.Object{})))},
		{FaultEmptyArray, replaced(always(httpsim.NewJSON(http.StatusOK, []any{})))},
		{FaultJSONString, replaced(always(httpsim.NewJSON(http.StatusOK, "The service is being upgraded.")))},
		{FaultNoContent, replaced(always(httpsim.Answer{Status: http.StatusNoContent}))},
		{FaultNotModified, replaced(always(httpsim.Answer{Status: http.StatusNotModified}))},
	}
}

func connectionKinds() []kindRow {
	return []kindRow{
		{FaultReset, func(c faultyCall) { c.abort(nil) }},
		{FaultResetBody, func(c faultyCall) { c.abort(firstHalf(c.noted())) }},
		{FaultClose, func(c faultyCall) { c.leave(nil) }},
		{FaultCut, func(c faultyCall) { c.leave(firstHalf(c.noted())) }},
	}
}

func endpointKinds() []kindRow {
	return []kindRow{
		{FaultSlowAccept, nil}, {FaultWrongCertificate, nil}, {FaultExpiredCertificate, nil}, {FaultPlainHTTP, nil},
	}
}
