package merge

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shared returns the path of a file in the folder of data beside the project.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs %s beside the project: %v", name, err)
	}
	return path
}

func TestWardEqualsGolden(t *testing.T) {
	f, err := os.Open(shared(t, "golden/ward-cells.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := Points{Dim: len(rows[0]) - 1}
	for _, row := range rows[1:] {
		n, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		p.Weight = append(p.Weight, n)
		for _, s := range row[1:] {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			p.X = append(p.X, x)
		}
	}
	var golden struct {
		Costs []float64 `json:"merge_cost"`
		Cuts  map[string][]struct {
			Size  int64 `json:"size"`
			Cells []int `json:"cells"`
		} `json:"cuts"`
	}
	data, err := os.ReadFile(shared(t, "golden/ward-cells.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	merges := ward(t, p)
	if len(merges) != len(golden.Costs) {
		t.Fatalf("%d merges, want %d", len(merges), len(golden.Costs))
	}
	for i, m := range merges {
		if math.Abs(m.Cost-golden.Costs[i]) > 1e-9*max(1, golden.Costs[i]) {
			t.Errorf("merge %d costs %v, want %v", i, m.Cost, golden.Costs[i])
		}
	}
	if len(golden.Cuts) != 5 {
		t.Fatalf("%d golden cuts, want 5", len(golden.Cuts))
	}
	for text, clusters := range golden.Cuts {
		k, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		var want [][]int
		for _, c := range clusters {
			var size int64
			for _, i := range c.Cells {
				size += p.Weight[i]
			}
			if size != c.Size {
				t.Errorf("K=%d: golden cluster of size %d holds %d", k, c.Size, size)
			}
			want = append(want, c.Cells)
		}
		slices.SortFunc(want, func(a, b []int) int { return a[0] - b[0] })
		if diff := cmp.Diff(want, groups(Cut(merges, len(p.Weight), k))); diff != "" {
			t.Errorf("K=%d: cut differs (-golden +got):\n%s", k, diff)
		}
	}
}

// groups lists the points of each cluster.
func groups(label []int) [][]int {
	out := make([][]int, slices.Max(label)+1)
	for i, l := range label {
		out[l] = append(out[l], i)
	}
	return out
}

// greedyWard merges the cheapest pair again and again.
// ward merges without interruption.
func ward(t *testing.T, p Points) []Merge {
	t.Helper()
	merges, err := Ward(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return merges
}

// One-hot points of like weights are full of near-ties, among which a cost that
// is not the same both ways sends chains in circles.
func TestWardEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 5 + r.IntN(150)
		p := Points{Dim: n, X: make([]float64, n*n)}
		total := 0.0
		for range n {
			p.Weight = append(p.Weight, int64(1+r.IntN(3+int(seed))))
			total += float64(p.Weight[len(p.Weight)-1])
		}
		for i := range n {
			for j := range n {
				share := float64(p.Weight[j]) / total
				x := -share
				if i == j {
					x++
				}
				p.X[i*n+j] = math.Sqrt(0.5/float64(n-1)) * x / math.Sqrt(share)
			}
		}
		merges, err := Ward(ctx, p)
		if err != nil || len(merges) != n-1 {
			t.Fatalf("seed %d: %d merges of %d points: %v", seed, len(merges), n, err)
		}
	}
}

func greedyWard(p Points) []Merge {
	x, w := slices.Clone(p.X), slices.Clone(p.Weight)
	var left []int
	for i := range w {
		left = append(left, i)
	}
	var merges []Merge
	for len(left) > 1 {
		best := Merge{Cost: math.Inf(1)}
		for i, a := range left {
			for _, b := range left[i+1:] {
				d := 0.0
				for j := range p.Dim {
					d += math.Pow(x[a*p.Dim+j]-x[b*p.Dim+j], 2)
				}
				na, nb := float64(w[a]), float64(w[b])
				if c := na * nb / (na + nb) * d; c < best.Cost {
					best = Merge{A: a, B: b, Cost: c, N: w[a] + w[b]}
				}
			}
		}
		for j := range p.Dim {
			na, nb := float64(w[best.A]), float64(w[best.B])
			x[best.A*p.Dim+j] = (na*x[best.A*p.Dim+j] + nb*x[best.B*p.Dim+j]) / (na + nb)
		}
		w[best.A] += w[best.B]
		left = slices.DeleteFunc(left, func(i int) bool { return i == best.B })
		merges = append(merges, best)
	}
	return merges
}

func TestWardEqualsGreedyMerging(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 5, 17, 60} {
		for dim := range 9 {
			p := Points{Dim: dim + 1}
			for range n {
				p.Weight = append(p.Weight, 1+rng.Int64N(200))
				for range p.Dim {
					p.X = append(p.X, rng.NormFloat64())
				}
			}
			got, want := ward(t, p), greedyWard(p)
			for i := range want {
				if math.Abs(got[i].Cost-want[i].Cost) > 1e-9*want[i].Cost {
					t.Fatalf("n=%d dim=%d: merge %d costs %v, want %v", n, dim, i, got[i].Cost, want[i].Cost)
				}
				got[i].Cost = want[i].Cost
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("n=%d dim=%d: merges differ (-greedy +chain):\n%s", n, dim, diff)
			}
		}
	}
}

// Many equal points make every comparison a tie, which must neither loop nor
// break the order of the merges.
func TestWardOfTies(t *testing.T) {
	p := Points{Dim: 2}
	for i := range 64 {
		p.Weight = append(p.Weight, 3)
		p.X = append(p.X, float64(i%2), float64(i/32))
	}
	merges := ward(t, p)
	if len(merges) != 63 || merges[62].N != 192 {
		t.Fatalf("%d merges, the last into %d", len(merges), merges[len(merges)-1].N)
	}
	for k := 1; k <= 64; k++ {
		if got := len(groups(Cut(merges, 64, k))); got != k {
			t.Errorf("cut at %d gives %d clusters", k, got)
		}
	}
	for i, l := range Cut(merges, 64, 4) {
		if want := i%2 + 2*(i/32); l != want {
			t.Errorf("point %d is in cluster %d, want %d", i, l, want)
		}
	}
	if ward(t, Points{}) != nil || ward(t, Points{Weight: []int64{5}}) != nil {
		t.Error("nothing to merge gives merges")
	}
}
