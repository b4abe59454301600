package partial

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func randomCounts(r *rand.Rand, n int) Counts {
	column := func() []int64 {
		c := make([]int64, n)
		most := []int64{1, 2, 300, math.MaxInt64}[r.IntN(4)]
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
	for i := range 500 {
		want := randomCounts(r, []int{0, 1, 2, 100}[i%4])
		data, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Counts
		if err := got.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		for cut := range data {
			if err := new(Counts).UnmarshalBinary(data[:cut]); err == nil {
				t.Fatalf("%d of %d bytes were accepted", cut, len(data))
			}
		}
		if err := new(Counts).UnmarshalBinary(append(data, 0)); err == nil {
			t.Fatal("a byte too many was accepted")
		}
		for range 20 { // no panic, whatever comes
			if len(data) > 0 {
				data[r.IntN(len(data))] = byte(r.Uint32())
				_ = new(Counts).UnmarshalBinary(data)
			}
		}
	}
	if err := new(Counts).UnmarshalBinary([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0, zeros}); err == nil {
		t.Error("four thousand million groups were accepted")
	}
}
