package fleet

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// HuaweiID makes an id in Huawei's form, 32 hex digits and a suffix. The same input gives the same id.
func HuaweiID(suffix string, parts ...string) string {
	text := strings.Join(parts, "\x00")
	return fmt.Sprintf("%016x%016x%s", hashOf(text, "high"), hashOf(text, "low"), suffix)
}

// ofHuawei reports whether the instance is Huawei's, by the form of its id.
func (in *Instance) ofHuawei() bool { return len(in.ID) == 36 && strings.HasSuffix(in.ID, "in02") }

// tenDigits makes an id in Alibaba's form. The same input gives the same id.
func tenDigits(id, part string, at time.Time) string {
	return fmt.Sprintf("%010d", hashOf(id, part, strconv.FormatInt(at.Unix(), 10))%10_000_000_000)
}

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, part := range parts {
		h.Write([]byte(part + "\x00"))
	}
	// FNV gives similar values for similar inputs: mix the bits once more.
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	return x ^ x>>33
}
