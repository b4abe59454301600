package ops

import "math/bits"

// keyTable gives distinct keys consecutive slots: an open-addressing hash with
// linear probing, at most half full.
type keyTable struct {
	keys  []uint64
	slots []uint32 // slot+1; 0 = free
	used  int
	shift uint
}

func newKeyTable() *keyTable { return sizedKeyTable(1 << 12) }

// sizedKeyTable makes a table of size entries, a power of two.
func sizedKeyTable(size int) *keyTable {
	return &keyTable{keys: make([]uint64, size), slots: make([]uint32, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
}

// slot returns the slot of key, which is next where the key is new.
func (t *keyTable) slot(key uint64, next uint32) uint32 {
	mask := len(t.keys) - 1
	for i := int(key * 0x9e3779b97f4a7c15 >> t.shift); ; i = (i + 1) & mask {
		switch {
		case t.slots[i] == 0:
			t.keys[i], t.slots[i] = key, next+1
			if t.used++; 2*t.used > len(t.keys) {
				t.double()
			}
			return next
		case t.keys[i] == key:
			return t.slots[i] - 1
		}
	}
}

func (t *keyTable) double() {
	bigger := sizedKeyTable(2 * len(t.keys))
	for i, s := range t.slots {
		if s != 0 {
			bigger.slot(t.keys[i], s-1)
		}
	}
	*t = *bigger
}
