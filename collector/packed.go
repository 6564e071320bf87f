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
	sum      uint32 // CRC-32 of the text
	size     int    // of the text
	stale    bool   // the text has changed since
}

// packer joins parts that were compressed for themselves to one gzip file: deflate allows that, where each part ends at a
// whole byte and refers to nothing before it.
type packer struct {
	deflater *flate.Writer
	buffer   bytes.Buffer

	parts [][]byte
	sum   uint32 // of the text so far
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

// add adds a part.
func (p *packer) add(part packed) {
	p.parts = append(p.parts, part.deflated)
	p.sum = joinedSum(p.sum, part.sum, part.size)
	p.size += uint32(part.size) //nolint:gosec // modulo 2^32
}

// pack returns a text compressed for itself.
func (p *packer) pack(text [][]byte) packed {
	var part packed
	p.buffer.Reset()
	p.deflater.Reset(&p.buffer)
	for _, piece := range text {
		_, _ = p.deflater.Write(piece) // to memory
		part.sum = crc32.Update(part.sum, crc32.IEEETable, piece)
		part.size += len(piece)
	}
	_ = p.deflater.Flush()
	part.deflated = bytes.Clone(p.buffer.Bytes())
	return part
}

// joinedSum returns the CRC-32 of a text and what follows it, as zlib's crc32_combine does: the sum of the text is multiplied by
// x for each bit that follows.
func joinedSum(sum, following uint32, size int) uint32 {
	const one, x8 = 1 << 31, 1 << 23 // the highest bit is the lowest power
	power, square := uint32(one), uint32(x8)
	for ; size > 0; size >>= 1 {
		if size&1 == 1 {
			power = product(power, square)
		}
		square = product(square, square)
	}
	return product(power, sum) ^ following
}

// product multiplies two polynomials modulo that of the CRC.
func product(a, b uint32) uint32 {
	var p uint32
	for ; a != 0; a <<= 1 {
		if a>>31 == 1 {
			p ^= b
		}
		carry := b & 1
		b = b>>1 ^ carry*crc32.IEEE
	}
	return p
}

// end ends the file and returns its parts.
func (p *packer) end() [][]byte {
	last := []byte{0x03, 0x00} // an empty block that says to be the last one
	last = binary.LittleEndian.AppendUint32(last, p.sum)
	last = binary.LittleEndian.AppendUint32(last, p.size)
	return append(p.parts, last)
}
