package cloudsim

import (
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	hugeBody   = 9 << 20  // bytes: more than any real answer
	hugeHeader = 11 << 20 // bytes: more than net/http reads
	bombBlock  = 1 << 20  // bytes
	bombBlocks = 64
	depth      = 100_000
	gzipTail   = 8 // bytes of the checksum and the length that end a compressed text
)

// spoiled sends the real answer with a fault in it. spoil may change the answer's header in place.
func spoiled(spoil func(*httpsim.Answer)) behaviour {
	return func(c faultyCall) {
		a := c.answer()
		a.Header = maps.Clone(a.Header)
		spoil(&a)
		c.send(a)
	}
}

// rewritten sends the real answer with other bytes.
func rewritten(rewrite func(body []byte) []byte) behaviour {
	return spoiled(func(a *httpsim.Answer) { a.Raw = rewrite(a.Bytes()) })
}

// zipped sends the real answer with bytes that are said to be compressed.
func zipped(zip func(body []byte) []byte) behaviour {
	return spoiled(func(a *httpsim.Answer) {
		a.Raw = zip(a.Bytes())
		a.Header.Set("Content-Encoding", "gzip")
	})
}

func byteKinds() []kindRow {
	return []kindRow{
		{FaultTruncated, rewritten(func(body []byte) []byte { return body[:len(body)/2] })},
		{FaultHugeBody, rewritten(func(body []byte) []byte { return padded(body, `"`+strings.Repeat("x", hugeBody)+`"`) })},
		{FaultGzip, zipped(compressed)},
		{FaultGzipBomb, zipped(bomb)},
		{FaultCorruptGzip, zipped(func(body []byte) []byte {
			zip := compressed(body)
			return append(zip[:len(zip)-gzipTail], make([]byte, gzipTail)...)
		})},
		{FaultBOM, rewritten(func(body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) })},
		{FaultNUL, rewritten(func(body []byte) []byte { return bytes.Replace(body, []byte(`"`), []byte("\"\x00"), 1) })},
		{FaultInvalidUTF8, rewritten(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(`:"`), []byte(":\"\xff")) })},
		{FaultDeepNesting, rewritten(func(body []byte) []byte {
			return padded(body, strings.Repeat("[", depth)+strings.Repeat("]", depth))
		})},
		{FaultDuplicateKeys, spoiled(func(a *httpsim.Answer) { a.Raw = withNulls(a.Bytes(), a.Body) })},
		{FaultContentType, spoiled(func(a *httpsim.Answer) { a.Header.Set("Content-Type", "application/xml") })},
		{FaultHugeHeader, spoiled(func(a *httpsim.Answer) { a.Header.Set("X-Padding", strings.Repeat("x", hugeHeader)) })},
		{FaultShortLength, func(c faultyCall) {
			a := c.noted()
			c.leave(onWire(a, len(a.Bytes())/2, a.Bytes()))
		}},
		{FaultLongLength, func(c faultyCall) {
			a := c.noted()
			c.leave(onWire(a, len(a.Bytes())+100, a.Bytes()))
		}},
		{FaultWrongTypeTop, rewritten(func(body []byte) []byte { return slices.Concat([]byte("["), body, []byte("]")) })},
	}
}

// padded returns the object with another field before the others.
func padded(object []byte, value string) []byte {
	return append([]byte(`{"Padding":`+value+`,`), bytes.TrimPrefix(object, []byte("{"))...)
}

// withNulls returns the text of an object in which every key comes a second time, as null.
func withNulls(text []byte, value any) []byte {
	object, ok := value.(httpsim.Object)
	if !ok {
		return text
	}
	text = bytes.TrimSuffix(text, []byte("}"))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		text = append(text, `,"`+key+`":null`...)
	}
	return append(text, '}')
}

// bomb compresses the object with a padding that is much larger than its compressed form. Compressed texts in a row are
// one text, so that the padding need not be compressed as a whole.
func bomb(object []byte) []byte {
	whole := padded(object, `"?"`)
	start, rest, _ := bytes.Cut(whole, []byte("?"))
	block := compressed(bytes.Repeat([]byte("x"), bombBlock))
	return slices.Concat(compressed(start), bytes.Repeat(block, bombBlocks), compressed(rest))
}

func compressed(text []byte) []byte {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	_, err := zip.Write(text)
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		return nil // cannot happen: a Buffer accepts every write
	}
	return buf.Bytes()
}
