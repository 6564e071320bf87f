package collector

import (
	"bytes"
	"hash/crc32"
	"testing"
)

func TestJoinedSum(t *testing.T) {
	for _, sizes := range [][2]int{{0, 0}, {0, 5}, {5, 0}, {1, 1}, {3, 1000}, {1000, 1<<20 + 7}} {
		first, second := bytes.Repeat([]byte("ab"), sizes[0]), bytes.Repeat([]byte("xyz"), sizes[1])
		want := crc32.ChecksumIEEE(append(bytes.Clone(first), second...))
		if got := joinedSum(crc32.ChecksumIEEE(first), crc32.ChecksumIEEE(second), len(second)); got != want {
			t.Errorf("%v: %08x, want %08x", sizes, got, want)
		}
	}
}
