package encoder

import (
	"hash/fnv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// TestHashKey holds the hash of an id against the standard library's FNV-1a,
// and ids that are the same number against each other.
func TestHashKey(t *testing.T) {
	for _, id := range []string{"", "a", "çustomer 17", "17850"} {
		h := fnv.New64a()
		h.Write([]byte(id))
		if got, want := HashKey(7, id), HashOrdinal(7, int64(h.Sum64())); got != want || HashKey(7, []byte(id)) != want {
			t.Errorf("the hash of %q is %x, want %x", id, got, want)
		}
	}
	ints := array.NewInt64Builder(memory.DefaultAllocator)
	floats := array.NewFloat64Builder(memory.DefaultAllocator)
	for _, x := range []int64{0, -5, 17850, 1 << 52} {
		ints.Append(x)
		floats.Append(float64(x))
	}
	byInt, byFloat := hasher(ints.NewArray(), 7), hasher(floats.NewArray(), 7)
	for i := range 4 {
		if byInt(i) != byFloat(i) {
			t.Errorf("id %d is hashed differently as an integer and as a float", i)
		}
	}
}

func BenchmarkHashKey(b *testing.B) {
	for b.Loop() {
		HashKey(7, "customer-00178503")
	}
}
