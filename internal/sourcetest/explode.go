package sourcetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// Question is one operation of a cloud, as [RunExplosions] makes it.
type Question struct {
	Op  string                                         // the cloud's own name
	Ask func(ctx context.Context, s poll.Source) error // makes the call
	// Answer is a good answer, with RECORDS where its records are; in an answer without a list, where any list may be.
	Answer string
	// Record is a good record, with ENTRIES where it has a list of its own; "": an answer without records.
	Record string
	// Others are the answers to the calls that Ask makes before this one, by operation.
	Others map[string]string
}

// Sizes of answers in bytes, nearly. They are smaller than the largest that is read, because the race detector makes
// reading slow. A decoder without limits takes more for them too.
const (
	smallAnswer = 128 << 10
	largeAnswer = 2 << 20
)

// most returns how many bytes may be allocated for an answer of a size, garbage included. Whatever its size, an answer
// may have as many records as the limits of internal/wire allow.
func most(size int) uint64 { return uint64(max(16*size, 16<<20)) }

// RunExplosions checks that no answer makes a provider allocate much more than its size. Each is a few kB of gzip. A
// decoder that makes all records before it counts them takes gigabytes for the largest answer that is read. opOf returns
// the operation of a request.
func RunExplosions(t *testing.T, p Provider, opOf func(*http.Request) string, questions []Question) {
	if testing.Short() { // as the race detector runs: an answer is read by one goroutine, whatever is asked
		questions = questions[:1]
	}
	for _, q := range questions {
		b := bomb{Question: q, opOf: opOf, status: http.StatusOK, most: most(smallAnswer)}
		t.Run(q.Op, func(t *testing.T) {
			for name, records := range explosions(q, smallAnswer) {
				t.Run(name, func(t *testing.T) { testExplosion(t, p, b.with(q.Answer, records)) })
			}
			large := b
			large.most = most(largeAnswer)
			t.Run("large answer", func(t *testing.T) {
				testExplosion(t, p, large.with(q.Answer, many("{},", "{}", largeAnswer)))
			})
			failure := b
			failure.status = http.StatusBadRequest
			t.Run("failure", func(t *testing.T) {
				testExplosion(t, p, failure.with(`{"Code":"Bad","error_code":"Bad","X":[RECORDS]}`, many("{},", "{}", smallAnswer)))
			})
		})
	}
}

// text is a long text: pieces, each of them repeated.
type text []struct {
	piece string
	times int
}

// many repeats a piece up to a size. tail is a piece that may end the list.
func many(piece, tail string, size int) text { return text{{piece, size / len(piece)}, {tail, 1}} }

// explosions returns what may stand where the records of an answer are.
func explosions(q Question, size int) map[string]text {
	list := func(element, last string) text { return many(element+",", last, size) }
	around := func(before, piece, after string) text {
		return text{{before, 1}, {piece, size / len(piece)}, {after, 1}}
	}
	all := map[string]text{
		"empty records":  list("{}", "{}"),
		"numbers":        list("0", "0"),
		"nulls":          list("null", "null"),
		"empty lists":    list("[]", "[]"),
		"nested lists":   {{"[", size / 2}, {"]", size / 2}},
		"nested objects": {{`{"a":`, size / 6}, {"0", 1}, {"}", size / 6}},
		"many keys":      around("{", `"k":0,`, `"k":0}`),
		"escaped keys":   around("{", `"\u0041":0,`, `"k":0}`),
		"one long text":  around(`{"k":"`, "x", `"}`),
	}
	if q.Record != "" {
		id, _, _ := strings.Cut(q.Record, ":") // {"Id"
		first, _, _ := strings.Cut(strings.TrimPrefix(q.Record, "{"), ",")
		good := strings.ReplaceAll(q.Record, "ENTRIES", "")
		all["good records"] = list(good, good)
		all["a field again and again"] = around("{", first+",", first+"}")
		all["one long id"] = around(id+`:"`, "x", `"}`)
		all["one id of escapes"] = around(id+`:"`, `\u00e9`, `"}`)
		all["long ids"] = list(id+`:"`+strings.Repeat("x", 5_000)+`"}`, "{}")
		all["records of nothing that is known"] = list(id+`:{},"a":[1]}`, "{}")
	}
	if before, after, ok := strings.Cut(q.Record, "ENTRIES"); ok {
		all["entries"] = around(before, "{},", "{}"+after)
		all["as many entries as may be"] = list(before+strings.Repeat("{},", 999)+"{}"+after, "{}")
		all["an entry too many, often"] = list(before+strings.Repeat("0,", 1000)+"0"+after, "{}")
	}
	return all
}

// inside puts a text where RECORDS stands in an answer.
func inside(answer string, records text) text {
	before, after, _ := strings.Cut(answer, "RECORDS")
	return append(append(text{{before, 1}}, records...), text{{after, 1}}...)
}

// gzipped compresses a text. A long one is a repetition of compressed parts, which is quick.
func (text text) gzipped() []byte {
	const part = 1 << 16
	var all []byte
	for _, t := range text {
		n := max(1, part/max(1, len(t.piece)))
		all = append(all, bytes.Repeat(zip(strings.Repeat(t.piece, n)), t.times/n)...)
		all = append(all, zip(strings.Repeat(t.piece, t.times%n))...)
	}
	return all
}

func zip(text string) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // cannot happen: a Buffer accepts every write
	}
	return packed.Bytes()
}

// bomb is a question with an answer that explodes.
type bomb struct {
	Question
	opOf   func(*http.Request) string
	status int    // of the answer
	body   []byte // of the answer, as gzip
	most   uint64 // how many bytes may be allocated
}

// with returns the bomb with a body.
func (b bomb) with(answer string, records text) bomb {
	b.body = inside(answer, records).gzipped()
	return b
}

// answers returns a handler that answers the question once. A second page of a list is refused.
func (b *bomb) answers(t *testing.T) http.HandlerFunc {
	answered := false
	return func(w http.ResponseWriter, r *http.Request) {
		op := b.opOf(r)
		other, known := b.Others[op]
		switch {
		case op == b.Op && !answered:
			answered = true
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(b.status)
			_, _ = w.Write(b.body)
		case op == b.Op:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("{}"))
		case known:
			_, _ = w.Write([]byte(other))
		default:
			t.Errorf("a call of %s, want %s", op, b.Op)
		}
	}
}

// testExplosion asks a question that gets the answer, and measures.
func testExplosion(t *testing.T, p Provider, b bomb) {
	source := Serve(t, p, b.answers(t))
	before := allocated()
	err := b.Ask(t.Context(), source)
	if taken := allocated() - before; taken > b.most {
		t.Errorf("%d MiB were allocated, want %d at most; error: %v", taken>>20, b.most>>20, err)
	}
	if failure, ok := errors.AsType[*backup.Error](err); err != nil && (!ok || failure.Op == "" || len(err.Error()) > 1000) {
		t.Errorf("error = %T %.300v", err, err)
	}
}

// allocated returns how many bytes the process has allocated so far, garbage included.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Serve returns a Source on a server with one handler. It makes each call once only, without a deadline.
func Serve(t *testing.T, p Provider, handler http.HandlerFunc) poll.Source {
	t.Helper()
	b := &bench{Provider: p, attempts: map[string]int{}, rejected: map[string]int{}}
	server := httptest.NewServer(handler)
	transport := cloudcall.NewTransport(1)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return p.New(t, Env{
		URL: server.URL, Account: accountName, Region: p.Region, Now: func() time.Time { return Now },
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "suite-secret"}, nil
		},
		Transport: transport,
		Caller: func(classify func(op string, err error) *backup.Error) *cloudcall.Caller {
			return cloudcall.New(cloudcall.Options{
				Place:    cloudcall.Place{Cloud: p.Cloud, Account: accountName, Region: p.Region},
				Observer: b, Now: time.Now, Classify: classify, MaxAttempts: 1,
			})
		},
	})
}
