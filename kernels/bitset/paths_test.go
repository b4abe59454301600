package bitset

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// eachPath runs a test on every path that this process supports.
func eachPath(t *testing.T, test func(t *testing.T)) {
	chosen := path
	defer func() { path = chosen }()
	for _, p := range cpu.Supported() {
		path = p
		t.Run(p.String(), test)
	}
}

// wordCounts are the lengths of bitmaps around the edges of vectors, of what
// the main loops take at once, and of blocks, in words.
func wordCounts() (counts []int) {
	for n := range 71 {
		counts = append(counts, n)
	}
	// 496: where the bytes in which AVX2 counts are full.
	return append(counts, 127, 128, 129, 255, 256, 257, 495, 496, 497, 511, 512, 513)
}

// noise returns n random words. One in four is all ones or all zeros, so that
// counters meet their extremes.
func noise(r *rand.Rand, n int) []uint64 {
	words := make([]uint64, n)
	for i := range words {
		words[i] = r.Uint64()
		switch r.IntN(8) {
		case 0:
			words[i] = 0
		case 1:
			words[i] = ^uint64(0)
		}
	}
	return words
}

// full returns n words of ones.
func full(n int) []uint64 { return slices.Repeat([]uint64{^uint64(0)}, n) }

func TestAnd(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		for _, n := range wordCounts() {
			for shift := range 3 { // other alignments
				a, b := noise(r, n+shift)[shift:], noise(r, n+2*shift)[2*shift:]
				if shift == 2 {
					a, b = full(n), full(n)
				}
				beforeA, beforeB := slices.Clone(a), slices.Clone(b)
				dst, check := guarded(n)
				spec := make([]uint64, n)
				got, want := And(dst, a, b), andGeneric(spec, a, b)
				check(t)
				if got != want || !slices.Equal(dst, spec) {
					t.Fatalf("%d words: %d bits, want %d; words equal: %t", n, got, want, slices.Equal(dst, spec))
				}
				if c := Count(dst); c != want || countGeneric(dst) != want {
					t.Fatalf("%d words: counts %d and %d, want %d", n, c, countGeneric(dst), want)
				}
				if !slices.Equal(a, beforeA) || !slices.Equal(b, beforeB) {
					t.Fatalf("%d words: an input was changed", n)
				}
				if And(a, a, b) != want || !slices.Equal(a, spec) {
					t.Fatalf("%d words: another result in place", n)
				}
			}
		}
	})
}

// counting is a call of AndCounts.
type counting struct {
	words, stride int
	prefixes      []uint64
	items         []uint64
	start         []int
	ext           []uint32
}

// randomCounting draws a call whose prefixes have some extensions in common.
func randomCounting(r *rand.Rand, words, prefixes, items int, fill func(n int) []uint64) counting {
	c := counting{words: words, stride: words + r.IntN(4), start: []int{0}}
	shift := r.IntN(8) // words off the alignment of the allocator
	c.prefixes = fill(shift + prefixes*words)[shift:]
	c.items = fill(shift + max(0, items*c.stride-c.stride+words))[shift:] // ends with the last item
	keep := r.IntN(5)
	for range prefixes {
		for e := range items {
			if r.IntN(4) < keep {
				c.ext = append(c.ext, uint32(e))
			}
		}
		c.start = append(c.start, len(c.ext))
	}
	if r.IntN(4) == 0 { // order does not matter
		r.Shuffle(len(c.ext), func(i, j int) { c.ext[i], c.ext[j] = c.ext[j], c.ext[i] })
	}
	return c
}

// check compares AndCounts on the current path with the generic function.
func (c *counting) check(t *testing.T) {
	t.Helper()
	prefixes, items, ext := slices.Clone(c.prefixes), slices.Clone(c.items), slices.Clone(c.ext)
	dst, guards := guarded(len(c.ext))
	for i := range dst {
		dst[i] = uint64(i) * guard // what was there before is overwritten
	}
	AndCounts(dst, c.prefixes, c.words, c.items, c.stride, c.start, c.ext)
	want := make([]uint64, len(c.ext))
	andCountsGeneric(want, c.prefixes, c.words, c.items, c.stride, c.start, c.ext)
	for i := range want {
		if dst[i] != want[i] {
			t.Fatalf("%d words, starts %v, extension %d (item %d): counted %d, want %d", c.words, c.start, i, c.ext[i], dst[i], want[i])
		}
	}
	guards(t)
	if !slices.Equal(prefixes, c.prefixes) || !slices.Equal(items, c.items) || !slices.Equal(ext, c.ext) {
		t.Fatalf("%d words: an input was changed", c.words)
	}
}

func TestAndCounts(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 2))
		for _, words := range wordCounts() {
			for prefixes := range 6 {
				c := randomCounting(r, words, prefixes, r.IntN(12), func(n int) []uint64 { return noise(r, n) })
				c.check(t)
			}
			c := randomCounting(r, words, 3, 6, full)
			c.check(t)
		}
	})
}

// The generic function itself, on what can be counted by hand.
func TestAndCountsByHand(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const words, stride = 3, 5
		prefixes := []uint64{0b1011, 0, 1 << 63, ^uint64(0), ^uint64(0), ^uint64(0)}
		items := []uint64{0b0011, 7, 1 << 63, 99, 99, 1, 1, 1, 99, 99, 0, 0, 0}
		dst := make([]uint64, 5)
		AndCounts(dst, prefixes, words, items, stride, []int{0, 2, 5}, []uint32{0, 1, 0, 1, 2})
		if want := []uint64{3, 1, 6, 3, 0}; !slices.Equal(dst, want) {
			t.Errorf("counted %d, want %d", dst, want)
		}
	})
}

func TestAndCountsChecksItsArguments(t *testing.T) {
	call := func(words, prefixes, items int, start []int, ext []uint32) (panicked bool) {
		defer func() { panicked = recover() != nil }()
		AndCounts(make([]uint64, 4), make([]uint64, prefixes), words, make([]uint64, items), 8, start, ext)
		return false
	}
	eachPath(t, func(t *testing.T) {
		tests := []struct {
			what     string
			prefixes int
			items    int
			start    []int
			ext      []uint32
			want     bool
		}{
			{"all is there", 16, 16, []int{0, 2, 3}, []uint32{0, 1, 1}, false},
			{"an item past the end", 16, 16, []int{0, 2, 3}, []uint32{0, 1, 2}, true},
			{"an item far past the end", 16, 16, []int{0, 2, 3}, []uint32{0, 1, 1 << 31}, true},
			{"the last item is short", 16, 15, []int{0, 2, 3}, []uint32{0, 1, 0}, true},
			{"a prefix is short", 15, 16, []int{0, 2, 3}, []uint32{0, 1, 1}, true},
			{"fewer extensions than starts say", 16, 16, []int{0, 2, 3}, []uint32{0, 1}, true},
			{"starts that descend", 16, 16, []int{0, 3, 2}, []uint32{0, 1, 1}, true},
		}
		for _, test := range tests {
			if got := call(8, test.prefixes, test.items, test.start, test.ext); got != test.want {
				t.Errorf("%s: panicked: %t", test.what, got)
			}
		}
	})
}

func FuzzAndCounts(f *testing.F) {
	f.Add(uint64(1), uint16(256), uint8(8), uint8(9), false)
	f.Add(uint64(2), uint16(33), uint8(3), uint8(2), true)
	f.Fuzz(func(t *testing.T, seed uint64, words uint16, prefixes, items uint8, ones bool) {
		r := rand.New(rand.NewPCG(seed, 0))
		fill := func(n int) []uint64 { return noise(r, n) }
		if ones {
			fill = full
		}
		c := randomCounting(r, int(words%1100), int(prefixes%12), int(items%40), fill)
		chosen := path
		defer func() { path = chosen }()
		for _, path = range cpu.Supported() {
			c.check(t)
		}
	})
}

func TestWordCost(t *testing.T) {
	last := 0.0
	eachPath(t, func(t *testing.T) {
		if c := WordCost(); c <= 0 || last != 0 && c >= last {
			t.Errorf("%v after %v on the path before", c, last)
		}
		last = WordCost()
	})
}
