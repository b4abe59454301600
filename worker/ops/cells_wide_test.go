package ops

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Crossings of more features than 64 bits can number, up to the 15 of 256 codes
// that always fit, beside narrow ones with which they share their first
// features: every combination is a cell of its own, in the order of codes.
func TestWideCellsEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 4))
	n := 800
	plan, rows := randomTable(rng, n, 256, 200, 3, 256, 256, 17, 256, 256, 5, 256, 250, 256, 256, 256, 256)
	rows.Part = make([]uint8, n)
	for i := range rows.Part {
		rows.Part[i] = uint8(rng.IntN(encoder.Parts))
	}
	for i := n / 3; i < n; i++ { // cells of several rows, and others that differ in one feature
		from, but := rng.IntN(n/3), rng.IntN(60)
		for f := range rows.Codes {
			if f != but {
				rows.Codes[f][i] = rows.Codes[f][from]
			}
		}
	}
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	crossings := [][]int{all[:6], all[:11], {3, 4, 0, 6, 7, 9, 10, 11}, {3, 4, 0, 6, 7, 9, 10, 2}, {3, 4, 0, 6, 7, 9, 10, 11, 12}, all}
	for _, foldBits := range []int{0, encoder.SplitBits} {
		p := wire.CellsParams{Crossings: crossings, Folds: foldBits > 0, Squares: true, Levels: true, Limit: n}
		var merged []partial.Cells
		for _, s := range cutShards(t, plan, rows, 350) {
			part := travelled(t, callCells(t, plan, []*shard.Shard{s}, p))
			if merged == nil {
				merged = part
				continue
			}
			for c := range part {
				if err := merged[c].Merge(&part[c], p.Limit, foldBits); err != nil {
					t.Fatal(err)
				}
			}
		}
		for c, whole := range callCells(t, plan, cutShards(t, plan, rows, n), p) {
			if diff := cmp.Diff(whole.Key, merged[c].Key); diff != "" || !slices.Equal(whole.High, merged[c].High) {
				t.Fatalf("crossing %v: other keys in shards: %s", crossings[c], diff)
			}
			holdsRows(t, plan, rows, crossings[c], foldBits, &merged[c])
		}
	}
}

// travelled is an answer as it arrives.
func travelled(t *testing.T, cells []partial.Cells) (out []partial.Cells) {
	t.Helper()
	data, err := wire.Encode(cells)
	if err == nil {
		err = wire.Decode(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// holdsRows compares cells with what is counted row by row.
func holdsRows(t *testing.T, plan *encoder.Plan, rows *encoder.Rows, crossed []int, foldBits int, cells *partial.Cells) {
	t.Helper()
	var radix []uint64
	for _, f := range crossed {
		radix = append(radix, uint64(plan.Features[f].Codes()))
	}
	keys, fits := partial.NewCellKeys(radix, foldBits)
	if !fits || (keys.High > 0) != (cells.High != nil) {
		t.Fatalf("crossing %v: fits %v, %d features in high numbers, cells have some: %v", crossed, fits, keys.High, cells.High != nil)
	}
	of := map[string][]int{} // codes, and the fold, as bytes
	for i := range rows.N {
		var name []byte
		for _, f := range crossed {
			name = append(name, rows.Codes[f][i])
		}
		if foldBits > 0 {
			name = append(name, rows.Fold[i]|rows.Part[i]&encoder.Confirmation<<encoder.Folds)
		}
		of[string(name)] = append(of[string(name)], i)
	}
	if len(of) != len(cells.Key) {
		t.Fatalf("crossing %v: %d cells, brute force finds %d", crossed, len(cells.Key), len(of))
	}
	before := ""
	at := make([]uint8, len(crossed))
	for i, low := range cells.Key {
		high, _ := cells.KeyAt(i)
		if !keys.Split(high, low, at) {
			t.Fatalf("crossing %v: key %d, %d is beyond the last", crossed, high, low)
		}
		name := string(at)
		if foldBits > 0 {
			name += string([]byte{byte(low & (1<<foldBits - 1))})
		}
		if name <= before && i > 0 {
			t.Fatalf("crossing %v: cell %d is out of the order of codes", crossed, i)
		}
		before = name
		in := of[name]
		if i%5 == 0 {
			want := bruteGroup(plan, rows, func(row int) bool { return slices.Contains(in, row) })
			if diff := cmp.Diff(want, groupOf(&cells.Counts, cells.Squares, i)); diff != "" {
				t.Fatalf("crossing %v, cell %d (-brute +op):\n%s", crossed, i, diff)
			}
		}
		if cells.Counts.N[i] != int64(len(in)) {
			t.Fatalf("crossing %v: cell %d holds %d rows of %d", crossed, i, cells.Counts.N[i], len(in))
		}
	}
}

// A hash that two keys share does not join their cells.
func TestWideKeysShareAHash(t *testing.T) {
	c := &crossing{hashed: newKeyTable(), keys: make([]uint64, 1), high: make([]uint64, 1)}
	other := bits.RotateLeft64(wideHash(0, 7)^wideHash(1, 0), 32)
	if wideHash(0, 7) != wideHash(1, other) {
		t.Fatal("the hashes differ")
	}
	got := []uint32{c.wideSlot(0, 7), c.wideSlot(1, other), c.wideSlot(0, 7), c.wideSlot(1, other)}
	if !slices.Equal(got, []uint32{1, 2, 1, 2}) {
		t.Errorf("the keys are in slots %v", got)
	}
}
