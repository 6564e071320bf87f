package collector

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/flate"
)

// packed is a part of the text, compressed for itself, so that it can be sent again while it does not change.
type packed struct {
	deflated []byte
	stale    bool // the text has changed since
}

// packer joins parts that were compressed for themselves to one gzip file: deflate allows that, where each part ends at a
// whole byte and refers to nothing before it.
type packer struct {
	deflater *flate.Writer
	buffer   bytes.Buffer

	parts [][]byte
	sum   uint32
	size  uint32 // modulo 2^32, as gzip has it
}

// newPacker returns a packer. The level is the fastest one: these texts are so alike that more work saves little.
func newPacker() *packer {
	p := &packer{}
	p.deflater, _ = flate.NewWriter(&p.buffer, flate.BestSpeed) // fails for a level that does not exist only
	return p
}

// begin begins a file.
func (p *packer) begin() {
	const deflate, unknown = 8, 255 // method, operating system
	p.parts, p.sum, p.size = [][]byte{{0x1f, 0x8b, deflate, 0, 0, 0, 0, 0, 0, unknown}}, 0, 0
}

// add adds a text with what it is when compressed.
func (p *packer) add(text [][]byte, deflated []byte) {
	for _, piece := range text {
		p.sum = crc32.Update(p.sum, crc32.IEEETable, piece)
		p.size += uint32(len(piece)) //nolint:gosec // modulo 2^32
	}
	p.parts = append(p.parts, deflated)
}

// deflate returns a text compressed for itself.
func (p *packer) deflate(text [][]byte) []byte {
	p.buffer.Reset()
	p.deflater.Reset(&p.buffer)
	for _, piece := range text {
		_, _ = p.deflater.Write(piece) // to memory
	}
	_ = p.deflater.Flush()
	return bytes.Clone(p.buffer.Bytes())
}

// end ends the file and returns its parts.
func (p *packer) end() [][]byte {
	last := []byte{0x03, 0x00} // an empty block that says to be the last one
	last = binary.LittleEndian.AppendUint32(last, p.sum)
	last = binary.LittleEndian.AppendUint32(last, p.size)
	return append(p.parts, last)
}
