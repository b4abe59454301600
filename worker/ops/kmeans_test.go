package ops

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// pointTable is a table with places and what k-means works on, row by row.
type pointTable struct {
	plan   *encoder.Plan
	rows   *encoder.Rows
	oneHot []wire.OneHot
}

// randomPoints makes a table of three coordinates and two one-hot features.
func randomPoints(rng *rand.Rand, n int) *pointTable {
	plan, rows := randomTable(rng, n, 3, 5, 4)
	plan.Clustered, rows.First, rows.Part = true, 1000, make([]uint8, n)
	for j := range 3 {
		plan.Coordinates = append(plan.Coordinates, encoder.Coordinate{Unit: 1, Weight: 1 / float64(100+j)})
		rows.Places = append(rows.Places, make([]float32, n))
		for i := range n {
			rows.Places[j][i] = float32(rng.IntN(41) - 20)
		}
	}
	for i := range n {
		rows.Hash = append(rows.Hash, rng.Uint64())
		rows.Part[i] = uint8(rng.IntN(encoder.Parts))
	}
	return &pointTable{plan, rows, []wire.OneHot{{Feature: 1, Weight: 1.5}, {Feature: 0, Weight: 0.7}}}
}

func (p *pointTable) codes() int { return 5 + 3 }

func (p *pointTable) centres(rng *rand.Rand, k int) wire.Centres {
	c := wire.Centres{K: k}
	for range k * len(p.plan.Coordinates) {
		c.Places = append(c.Places, rng.Float64()*40-20)
	}
	for range k {
		for _, levels := range []int{5, 3} {
			shares, sum := make([]float64, levels), 0.0
			for l := range shares {
				shares[l] = rng.Float64()
				sum += shares[l]
			}
			for l := range shares {
				c.Shares = append(c.Shares, shares[l]/sum)
			}
		}
	}
	return c
}

// distance is the definition of the squared distance.
func (p *pointTable) distance(i, k int, c *wire.Centres) float64 {
	sum := 0.0
	for j, x := range p.plan.Coordinates {
		d := float64(p.rows.Places[j][i]) - c.Places[k*3+j]
		sum += x.Weight * d * d
	}
	at := k * p.codes()
	for _, o := range p.oneHot {
		for l := range p.plan.Features[o.Feature].Codes() {
			d := c.Shares[at]
			if int(p.rows.Codes[o.Feature][i]) == l {
				d = 1 - d
			}
			sum += o.Weight * d * d
			at++
		}
	}
	return sum
}

func (p *pointTable) nearest(i int, c *wire.Centres) (k int, squared float64) {
	squared = math.Inf(1)
	for at := range c.K {
		if d := p.distance(i, at, c); d < squared {
			k, squared = at, d
		}
	}
	return k, squared
}

func (p *pointTable) holds(i int, rows wire.Rows) bool { return p.rows.Part[i]&rows.Mask == rows.Bits }

// overCut runs an op on shards of a size, each on its own, and merges.
func overCut[P, R any](t *testing.T, p *pointTable, size int, op func(context.Context, *Env, P) (R, error), params P, merge func(into, part *R) error) R {
	t.Helper()
	var all *R
	for _, s := range cutShards(t, p.plan, p.rows, size) {
		part, err := op(context.Background(), &Env{Plan: p.plan, Shards: cutShards(t, p.plan, p.rows, size)[s.ID() : s.ID()+1]}, params)
		if err != nil {
			t.Fatal(err)
		}
		if all == nil {
			all = &part
		} else if err := merge(all, &part); err != nil {
			t.Fatal(err)
		}
	}
	return *all
}

func TestLloydEqualsBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := randomPoints(rng, 700)
	half := wire.Rows{Mask: encoder.Confirmation, Bits: encoder.Confirmation}
	params := wire.LloydParams{OneHot: p.oneHot, Totals: []wire.Rows{half}, Runs: []wire.Run{
		{Centres: p.centres(rng, 4), ID: 1}, {Centres: p.centres(rng, 7), ID: 2, Rows: half},
	}}
	got := overCut(t, p, 130, lloyd, params, (*partial.Lloyd).Merge)
	for r, run := range params.Runs {
		want := partial.LloydRun{N: make([]int64, run.K), Sum: make([]int64, run.K*3), Levels: make([]int64, run.K*p.codes())}
		for i := range p.rows.N {
			if !p.holds(i, run.Rows) {
				continue
			}
			k, _ := p.nearest(i, &run.Centres)
			want.N[k]++
			for j := range 3 {
				want.Sum[k*3+j] += int64(p.rows.Places[j][i])
			}
			want.Levels[k*p.codes()+int(p.rows.Codes[1][i])]++
			want.Levels[k*p.codes()+5+int(p.rows.Codes[0][i])]++
		}
		if diff := gocmp.Diff(want, got.Runs[r]); diff != "" {
			t.Errorf("run %d (-brute +op):\n%s", r, diff)
		}
	}
	want := partial.MakePlaces(3)
	for i := range p.rows.N {
		if p.holds(i, half) {
			want.N++
			for j := range 3 {
				want.Add(j, p.rows.Places[j][i])
			}
		}
	}
	if diff := gocmp.Diff(want, got.Totals[0]); diff != "" {
		t.Errorf("totals (-brute +op):\n%s", diff)
	}
	if many := overCut(t, p, 700, lloyd, params, (*partial.Lloyd).Merge); gocmp.Diff(got, many) != "" {
		t.Error("another size of shards, other sums")
	}
}

// TestLloydGoesOnFromTheLastPass: what is kept of a run does not show.
func TestLloydGoesOnFromTheLastPass(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	p := randomPoints(rng, 500)
	env := &Env{Plan: p.plan, Shards: cutShards(t, p.plan, p.rows, 500)}
	centres := p.centres(rng, 5)
	for range 6 {
		centres.Places = slices.Clone(centres.Places) // what came with the last pass stays as it is
		for j := range centres.Places {
			centres.Places[j] += rng.Float64() - 0.5
		}
		params := wire.LloydParams{OneHot: p.oneHot, Runs: []wire.Run{{Centres: centres, ID: 9}}}
		kept, err := lloyd(context.Background(), env, params)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := lloyd(context.Background(), &Env{Plan: p.plan, Shards: cutShards(t, p.plan, p.rows, 500)}, params)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(fresh, kept); diff != "" {
			t.Fatalf("(-fresh +kept):\n%s", diff)
		}
	}
}

func TestPickEqualsBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	p := randomPoints(rng, 600)
	for _, how := range []string{wire.PickAny, wire.PickSpread, wire.PickFarthest, wire.PickGiven} {
		ask := wire.PickParams{How: how, Count: 25, OneHot: p.oneHot, Centres: p.centres(rng, 3), Salt: 5, Rows: wire.Rows{Mask: encoder.Sample}}
		ask.Ordinals = []int64{1003, 1100, 1599, 2000}
		type row struct {
			ordinal  int64
			priority float64
		}
		var want []row
		for i := range p.rows.N {
			_, squared := p.nearest(i, &ask.Centres)
			r := row{1000 + int64(i), map[string]float64{
				wire.PickAny: 1 / chance(p.rows.Hash[i], 5), wire.PickSpread: squared / chance(p.rows.Hash[i], 5),
				wire.PickFarthest: squared, wire.PickGiven: 1,
			}[how]}
			if p.holds(i, ask.Rows) && (how != wire.PickGiven || slices.Contains(ask.Ordinals, r.ordinal)) {
				want = append(want, r)
			}
		}
		slices.SortFunc(want, func(a, b row) int {
			if math.Abs(a.priority-b.priority) > 1e-9*a.priority {
				return cmp.Compare(b.priority, a.priority)
			}
			return cmp.Compare(a.ordinal, b.ordinal)
		})
		want = want[:min(25, len(want))]
		for _, size := range []int{600, 37} {
			got := overCut(t, p, size, pick, ask, (*partial.Picked).Merge)
			if len(got.Rows) != len(want) {
				t.Fatalf("%s: %d rows, not %d", how, len(got.Rows), len(want))
			}
			for n, r := range got.Rows {
				if i := int(r.Ordinal - 1000); r.Ordinal != want[n].ordinal || r.Places[2] != p.rows.Places[2][i] || r.Codes[0] != p.rows.Codes[1][i] {
					t.Fatalf("%s, shards of %d: row %d is %+v, not that of ordinal %d", how, size, n, r, want[n].ordinal)
				}
			}
		}
	}
}

func TestJudgeEqualsBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	p := randomPoints(rng, 400)
	one, other := p.centres(rng, 4), p.centres(rng, 3)
	params := wire.JudgeParams{OneHot: p.oneHot, Sets: []wire.JudgedSet{{Centres: one, Against: []wire.Centres{other}}}}
	got := overCut(t, p, 90, judge, params, (*partial.Judged).Merge).Sets[0]
	silhouette, table := 0.0, make([]int64, 12)
	for i := range p.rows.N {
		k, own := p.nearest(i, &one)
		next := math.Inf(1)
		for at := range one.K {
			if at != k {
				next = min(next, p.distance(i, at, &one))
			}
		}
		a, b := math.Sqrt(own), math.Sqrt(next)
		silhouette += (b - a) / max(a, b)
		l, _ := p.nearest(i, &other)
		table[k*3+l]++
	}
	if sum := float64(got.Silhouette) / partial.SilhouetteUnit; got.N != 400 || math.Abs(sum-silhouette) > 1e-5 {
		t.Errorf("silhouettes of %d rows add up to %v, by rows %v", got.N, sum, silhouette)
	}
	params.Thin = 2
	var taken int64
	for _, h := range p.rows.Hash {
		if encoder.Rehash(h, thinSalt)&3 == 0 {
			taken++
		}
	}
	if thin := overCut(t, p, 90, judge, params, (*partial.Judged).Merge).Sets[0]; thin.N != taken || thin.N < 60 || thin.N > 140 {
		t.Errorf("silhouettes of %d rows of 400, one in four by hash are %d", thin.N, taken)
	}
	if !slices.Equal(got.Against[0], table) {
		t.Errorf("cross table %v, by rows %v", got.Against[0], table)
	}
}

func TestClustersAndTheirTreeEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	p := randomPoints(rng, 400)
	centres := p.centres(rng, 3)
	counts := overCut(t, p, 90, clusters, wire.ClustersParams{OneHot: p.oneHot, Centres: centres}, (*partial.Segments).Merge)
	for k := range centres.K {
		want := bruteGroup(p.plan, p.rows, func(i int) bool { at, _ := p.nearest(i, &centres); return at == k })
		if diff := gocmp.Diff(want, groupOf(&counts.All, counts.Squares, k)); diff != "" {
			t.Errorf("cluster %d (-brute +op):\n%s", k, diff)
		}
	}
	tree, leaves := randomTree(rng, p.plan, []int{0, 2}, 4, -1)
	params := wire.ClusterTreeParams{OneHot: p.oneHot, Centres: centres, Tree: tree, Leaves: leaves, Features: []int{2, 1}}
	got := overCut(t, p, 90, clusterTree, params, (*partial.Mixture).Merge)
	want := make([]int64, leaves*9*3)
	for i := range p.rows.N {
		if leaf := walkTree(&tree, p.rows, i); leaf >= 0 {
			k, _ := p.nearest(i, &centres)
			want[(leaf*9+int(p.rows.Codes[2][i]))*3+k]++
			want[(leaf*9+4+int(p.rows.Codes[1][i]))*3+k]++
		}
	}
	if !slices.Equal(got.N, want) {
		t.Errorf("clusters by level in the leaves: %v, by rows %v", got.N, want)
	}
}

// TestClusteringRefuses: parameters that do not fit are errors.
func TestClusteringRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	p := randomPoints(rng, 50)
	env := &Env{Plan: p.plan, Shards: cutShards(t, p.plan, p.rows, 50)}
	short := p.centres(rng, 2)
	short.Shares = short.Shares[1:]
	unclustered := *p.plan
	unclustered.Clustered = false
	for name, try := range map[string]func() error{
		"shares": func() error {
			_, err := clusters(t.Context(), env, wire.ClustersParams{OneHot: p.oneHot, Centres: short})
			return err
		},
		"feature": func() error {
			_, err := judge(t.Context(), env, wire.JudgeParams{OneHot: []wire.OneHot{{Feature: 3, Weight: 1}}})
			return err
		},
		"how": func() error {
			_, err := pick(t.Context(), env, wire.PickParams{How: "somehow", OneHot: p.oneHot})
			return err
		},
		"plan": func() error { _, err := lloyd(t.Context(), &Env{Plan: &unclustered}, wire.LloydParams{}); return err },
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
