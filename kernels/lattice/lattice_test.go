package lattice

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naive generates the candidates of an order from the survivors of all orders
// below by looking at every tuple.
func naive(features []int, survivors map[string]bool, order int) (out [][]uint32) {
	var extend func(tuple []uint32, from int)
	extend = func(tuple []uint32, from int) {
		if len(tuple) == order {
			for drop := range tuple {
				subset := slices.Delete(slices.Clone(tuple), drop, drop+1)
				if order > 2 && !survivors[fmt.Sprint(subset)] {
					return
				}
			}
			out = append(out, slices.Clone(tuple))
			return
		}
		for i := from; i < len(features); i++ {
			if len(tuple) == 0 || features[tuple[len(tuple)-1]] < features[i] {
				extend(append(tuple, uint32(i)), i+1)
			}
		}
	}
	extend(nil, 0)
	return out
}

func tuples(l *Lattice, c *Candidates) (out [][]uint32) {
	for p, prefix := range c.Prefix {
		for _, e := range c.Ext[c.Start[p]:c.Start[p+1]] {
			tuple := make([]uint32, c.Order)
			l.Path(c.Order-1, prefix, tuple[:c.Order-1])
			tuple[c.Order-1] = e
			out = append(out, tuple)
		}
	}
	return out
}

func TestCandidatesAreThoseOfApriori(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var features []int
		for f := range rapid.IntRange(0, 6).Draw(t, "features") {
			for range rapid.IntRange(0, 4).Draw(t, "levels") {
				features = append(features, f*3)
			}
		}
		keep := rapid.IntRange(1, 100).Draw(t, "percent kept")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		l, err := New(features)
		if err != nil {
			t.Fatal(err)
		}
		survivors, bitmaps := map[string]bool{}, [][]uint64{}
		for order := 2; order <= 6; order++ {
			c, err := l.Candidates(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			got, want := tuples(l, c), naive(features, survivors, order)
			if fmt.Sprint(got) != fmt.Sprint(want) || c.Len() != len(want) || c.Order != order {
				t.Fatalf("order %d: got %v, want %v", order, got, want)
			}
			_, again, err := Replay(features, bitmaps, 1<<20)
			if err != nil || !slices.Equal(again.Ext, c.Ext) || !slices.Equal(again.Prefix, c.Prefix) || !slices.Equal(again.Start, c.Start) {
				t.Fatalf("order %d: replayed otherwise (%v)", order, err)
			}
			// A group survives only if its subsets did, which candidates grant.
			bitmap, kept := make([]uint64, (c.Len()+63)/64), [][]uint32{}
			for i, tuple := range got {
				if r.IntN(100) < keep {
					bitmap[i/64] |= 1 << (i % 64)
					survivors[fmt.Sprint(tuple)] = true
					kept = append(kept, tuple)
				}
			}
			only, err := c.Only(bitmap)
			if err != nil || fmt.Sprint(tuples(l, only)) != fmt.Sprint(append([][]uint32(nil), kept...)) {
				t.Fatalf("order %d: of %v only %v, want %v (%v)", order, got, tuples(l, only), kept, err)
			}
			for p, prefix := range c.Prefix {
				path, parents, parent := make([]uint32, order-1), make([]uint32, order), make([]uint32, order-1)
				l.Path(order-1, prefix, path)
				for _, ext := range c.Ext[c.Start[p]:c.Start[p+1]] {
					l.Parents(prefix, path, ext, parents)
					tuple := append(slices.Clone(path), ext)
					for k, survivor := range parents {
						drop := (k + order - 1) % order // the first lacks the last item
						l.Path(order-1, survivor, parent)
						if want := slices.Delete(slices.Clone(tuple), drop, drop+1); !slices.Equal(parent, want) {
							t.Fatalf("parent %d of %v is %v, want %v", k, tuple, parent, want)
						}
					}
				}
			}
			if err := l.Keep(c, bitmap); err != nil {
				t.Fatal(err)
			}
			bitmaps = append(bitmaps, bitmap)
			for i, tuple := range kept {
				path := make([]uint32, order)
				l.Path(order, uint32(i), path)
				if !slices.Equal(path, tuple) || l.Last(order, uint32(i)) != tuple[order-1] {
					t.Fatalf("survivor %d of order %d is %v, want %v", i, order, path, tuple)
				}
			}
		}
	})
}

func TestTooManyCandidates(t *testing.T) {
	l, err := New([]int{0, 0, 1, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Candidates(8)
	if err != nil || c.Len() != 8 {
		t.Fatalf("%d candidates, %v; want 8", c.Len(), err)
	}
	if _, err := l.Candidates(7); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v, want ErrTooMany", err)
	}
}

func TestBitmapsThatDoNotFit(t *testing.T) {
	features := []int{0, 1, 2} // three candidates of order 2
	for _, survivors := range [][][]uint64{
		{{}},
		{{7, 0}},
		{{15}},
		{{7}, {1, 1}},
		{{7}, {2}},
	} {
		if _, _, err := Replay(features, survivors, 100); err == nil {
			t.Errorf("survivors %v were accepted", survivors)
		}
	}
	if _, err := New([]int{1, 0}); err == nil {
		t.Error("descending features were accepted")
	}
	l, err := New(features)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Keep(&Candidates{Order: 3}, nil); err == nil {
		t.Error("candidates of a later order were accepted")
	}
}

func BenchmarkCandidates(b *testing.B) {
	var features []int
	for i := range 378 {
		features = append(features, i/9)
	}
	l, err := New(features)
	if err != nil {
		b.Fatal(err)
	}
	pairs, err := l.Candidates(MaxCandidates)
	if err != nil {
		b.Fatal(err)
	}
	all := slices.Repeat([]uint64{^uint64(0)}, (pairs.Len()+63)/64)
	all[len(all)-1] >>= (64 - pairs.Len()%64) % 64
	if err := l.Keep(pairs, all); err != nil {
		b.Fatal(err)
	}
	b.Run("items=378/order=3", func(b *testing.B) {
		for b.Loop() {
			c, err := l.Candidates(MaxCandidates)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(c.Len()), "candidates")
		}
	})
}
