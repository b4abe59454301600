package partial

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func randomCounts(r *rand.Rand, n int) Counts {
	column := func() []int64 {
		c := make([]int64, n)
		most := []int64{1, 2, 300, 1 << 20, 1 << 40, math.MaxInt64}[r.IntN(6)]
		for i := range c {
			c[i] = r.Int64N(most) - r.Int64N(most)
		}
		return c
	}
	c := Counts{N: column()}
	for range r.IntN(4) {
		m := MeasureCounts{Sum: Sums{Hi: column(), Lo: column()}}
		if r.IntN(2) == 0 {
			m.Known = column()
		}
		c.Measures = append(c.Measures, m)
	}
	return c
}

func TestCountsTravel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 150 {
		want := randomCounts(r, []int{0, 1, 2, 100, 256, 1003}[i%6])
		data, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Counts
		if err := got.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
		doubled := randomCounts(r, 0)
		if err := doubled.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(doubled.MergeBinary(data), want.Merge(&got)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, doubled) {
			t.Fatal(cmp.Diff(want, doubled))
		}
		for cut := 0; cut < len(data); cut += 1 + len(data)/200 {
			if err := new(Counts).UnmarshalBinary(data[:cut]); err == nil {
				t.Fatalf("%d of %d bytes were accepted", cut, len(data))
			}
			if err := got.MergeBinary(data[:cut]); err == nil {
				t.Fatalf("%d of %d bytes were added", cut, len(data))
			}
		}
		if err := new(Counts).UnmarshalBinary(append(data, 0)); err == nil {
			t.Fatal("a byte too many was accepted")
		}
		for range 20 { // no panic, whatever comes
			if len(data) > 0 {
				data[r.IntN(len(data))] = byte(r.Uint32())
				_ = new(Counts).UnmarshalBinary(data)
				_ = got.MergeBinary(data)
			}
		}
	}
	if err := new(Counts).UnmarshalBinary([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0, zeros}); err == nil {
		t.Error("four thousand million groups were accepted")
	}
}

// TestCountsOfUnlikeShape: what counts other groups or measures is not added.
func TestCountsOfUnlikeShape(t *testing.T) {
	data, err := MakeCounts(3, []bool{true, false}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []Counts{
		MakeCounts(2, []bool{true, false}), MakeCounts(3, []bool{true}), MakeCounts(3, []bool{true, false, true}),
		MakeCounts(3, []bool{false, true}), MakeCounts(3, []bool{true, true}), MakeCounts(3, []bool{false, false}),
	} {
		if c.MergeBinary(data) == nil {
			t.Errorf("shape %d was added", i)
		}
	}
}

func TestHalvesTravel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 5, 300, 9_000} { // the last in two goroutines
		want := Halves{Discovery: randomCounts(r, n), Confirmation: randomCounts(r, n)}
		data, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Halves
		if err := got.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
		if err := errors.Join(want.Merge(&got), got.MergeBinary(data)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
		for cut := 0; cut < len(data); cut += 1 + len(data)/50 {
			if new(Halves).UnmarshalBinary(data[:cut]) == nil || got.MergeBinary(data[:cut]) == nil {
				t.Fatalf("%d of %d bytes were accepted", cut, len(data))
			}
		}
		clear(data[:8])
		if new(Halves).UnmarshalBinary(data) == nil {
			t.Fatal("a wrong place of the second half was accepted")
		}
	}
}

func BenchmarkCountsTravel(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	h := MakeHalves(470_000, []bool{true})
	for _, c := range []*Counts{&h.Discovery, &h.Confirmation} {
		for i := range c.N {
			c.N[i] = 300 + r.Int64N(300)
			c.Measures[0].Sum.Lo[i] = 30 + r.Int64N(60)
		}
	}
	data, err := h.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(data))/470_000, "B/group")
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			data, _ = h.AppendBinary(data[:0])
		}
	})
	b.Run("merge", func(b *testing.B) {
		for b.Loop() {
			if err := h.MergeBinary(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
