package distance

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// Nothing is written but what a step is to write.
func TestStepWritesNothingElse(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for range 60 {
			n, d, categories, k := shapes(r)
			p := draw(t, r, n, d, categories, k, 3, false)
			x, norms := slices.Clone(p.rows.X), slices.Clone(p.rows.norms)
			nearest := slices.Repeat([]uint16{0xabcd}, n+2*tileRows)
			fit := p.space.newFit(p.rows, nearest[tileRows:tileRows+n])
			slack := slices.Repeat([]float32{7}, n+2*tileRows)
			fit.slack = slack[tileRows : tileRows+n]
			for _, c := range p.steps {
				before := slices.Concat(c.bias, c.slopes, c.centers, slices.Concat(c.tables...))
				fit.Step(c)
				if !slices.Equal(before, slices.Concat(c.bias, c.slopes, c.centers, slices.Concat(c.tables...))) {
					t.Fatal("centroids were changed")
				}
			}
			if !slices.Equal(x, p.rows.X) || !slices.Equal(norms, p.rows.norms) {
				t.Fatal("rows were changed")
			}
			for i := range tileRows {
				if nearest[i] != 0xabcd || nearest[tileRows+n+i] != 0xabcd || slack[i] != 7 || slack[tileRows+n+i] != 7 {
					t.Fatalf("%d rows: written past the rows", n)
				}
			}
		}
	})
}

func TestGatherTakesTheRows(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, d := range []int{1, 2, 31, 64} {
			p := draw(t, r, 160, d, 2, 1, 0, false)
			nearest := make([]uint16, 160)
			for i := range nearest {
				nearest[i] = uint16(i)
			}
			got, want := newGather(p.rows), newGather(p.rows)
			all := slices.Repeat([]float32{-1}, len(got.x)+2*Lanes)
			got.x = all[Lanes : Lanes+len(got.x)]
			copy(want.x, got.x)
			for range 200 {
				got.n = 0
				for _, first := range []int{0, tileRows} {
					mask := r.Uint64() | r.Uint64()*uint64(r.IntN(2))
					if r.IntN(3) == 0 {
						mask = ^uint64(0) >> r.IntN(64) << r.IntN(64) // rows one after the other
					}
					got.take(first, lowest(mask, tileRows-got.n))
				}
				if got.n == 0 {
					continue
				}
				got.fill(nearest)
				want.n, want.rows = got.n, got.rows
				want.denseGeneric()
				if !slices.Equal(got.x, want.x) {
					t.Fatalf("d = %d, rows %d: gathered others", d, got.rows[:got.n])
				}
				for n, i := range got.rows[:got.n] {
					if got.norms[n] != p.rows.norms[i] || got.nearest[n] != nearest[i] || got.codes[n] != p.rows.Codes[0][i] || got.codes[tileRows+n] != p.rows.Codes[1][i] {
						t.Fatalf("d = %d, rows %d: of row %d other things are known", d, got.rows[:got.n], i)
					}
				}
			}
			if !slices.Equal(all[:Lanes], all[len(all)-Lanes:]) || all[0] != -1 {
				t.Fatal("written past the tile")
			}
		}
	})
}

func TestLowest(t *testing.T) {
	for _, test := range []struct {
		mask uint64
		n    int
		want uint64
	}{{0xffff, 16, 0xffff}, {0xffff, 0, 0}, {0b101101, 2, 0b101}, {0x8001, 2, 0x8001}} {
		if got := lowest(test.mask, test.n); got != test.want {
			t.Errorf("%d lowest of %016b: %016b, want %016b", test.n, test.mask, got, test.want)
		}
	}
}

// A fit that is spared most of its rows ends where one without bounds does.
func TestLongFit(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, k := range []int{1, 2, 7, 40} {
			const rows, d = 1000, 9
			space, data, c := noise(t, rows, d, k)
			fit, spared := space.NewFit(data), 0
			for range 25 {
				fit.Step(c)
				for _, word := range fit.active {
					spared += tileRows - bits.OnesCount64(word)
				}
				alone := make([]uint16, rows)
				c.Nearest(alone, data)
				if !slices.Equal(alone, fit.Nearest) {
					t.Fatalf("k = %d: bounds changed an assignment", k)
				}
				centers := slices.Clone(c.centers)
				for j, n := range fit.Sums.Counts {
					for f := range d {
						if n > 0 {
							centers[j*d+f] = float64(fit.Sums.Dense[j*d+f]) / float64(n)
						}
						centers[j*d+f] += r.NormFloat64() // a two hundred thousandth
					}
				}
				var err error
				if c, err = space.NewCentroids(k, centers, nil); err != nil {
					t.Fatal(err)
				}
			}
			if spared < 25*rows/10 {
				t.Errorf("k = %d: bounds spared %d of %d", k, spared, 25*rows)
			}
		}
	})
}
