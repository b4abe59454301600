package partial

import (
	"math"
	"slices"
)

// binTable collects bins by open addressing: a few thousand of the 2²⁰ keys
// occur. One addition costs about 3 ns.
type binTable struct {
	slots []int32 // index into list, −1 = free; a power of two
	list  []Bin
}

func newBinTable(bins []Bin) *binTable {
	b := &binTable{list: bins}
	b.grow()
	return b
}

func (b *binTable) grow() {
	size := 1024
	for size < 4*len(b.list) {
		size *= 2
	}
	b.slots = make([]int32, size)
	for i := range b.slots {
		b.slots[i] = -1
	}
	for i := range b.list {
		b.slots[b.slot(b.list[i].Key)] = int32(i)
	}
}

// slot returns the slot that holds key, or the free one where it belongs.
func (b *binTable) slot(key uint32) int {
	mask := len(b.slots) - 1
	i := int(key*0x9e3779b1>>12) & mask
	for b.slots[i] >= 0 && b.list[b.slots[i]].Key != key {
		i = (i + 1) & mask
	}
	return i
}

func (b *binTable) add(v float64, n int64) {
	key := BinKey(v)
	i := b.slot(key)
	if b.slots[i] < 0 {
		if 2*len(b.list) >= len(b.slots) {
			b.grow()
			i = b.slot(key)
		}
		b.slots[i] = int32(len(b.list))
		b.list = append(b.list, Bin{Key: key, Min: math.Inf(1), Max: math.Inf(-1)})
	}
	bin := &b.list[b.slots[i]]
	bin.N += n
	if v < bin.Min {
		bin.Min = v
	}
	if v > bin.Max {
		bin.Max = v
	}
}

// bins returns the bins, ascending by key; nil when there are none.
func (b *binTable) bins() []Bin {
	slices.SortFunc(b.list, func(x, y Bin) int { return int(x.Key) - int(y.Key) })
	if len(b.list) == 0 {
		return nil
	}
	return b.list
}
