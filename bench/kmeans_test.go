package main

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// The engines that are there agree on the inertia, or the command fails.
func TestPeersKMeans(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	args := []string{"peers", "kmeans", "--iterations=2", "--repeat=1", "--threads=2", "--temp-dir", t.TempDir(), "--case"}
	list := decode(t, append(args, "2k,5,4")...)
	above(t, list, "rows", "features", "k")
	above(t, list[:1], "iteration_seconds", "times_headwater", "inertia", "fit_seconds", "fit_iterations", "fit_inertia")
	if list[0]["engine"] != "headwater" {
		t.Errorf("first line is %v", list[0])
	}
}

// Passes over shards are those of plain float64 k-means.
func TestLloyd(t *testing.T) {
	c := &kmeansCase{rows: 40_000, dense: 3, k: 7}
	values := c.draw()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := writeAxes(path, values, c.dense); err != nil {
		t.Fatal(err)
	}
	l, err := startLloyd(t.Context(), path, values, c.dense, c.k, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	centers := make([]float64, c.k*c.dense)
	for i := range centers {
		centers[i] = float64(values[i])
	}
	for step := range 5 {
		got, err := l.step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts, inertia := plainStep(values, centers, c.k)
		if !slices.Equal(l.last.N, counts) {
			t.Fatalf("step %d: %d rows at the centres, want %d", step, l.last.N, counts)
		}
		if math.Abs(got.inertia/inertia-1) > 1e-9 {
			t.Errorf("step %d: inertia %v, want %v", step, got.inertia, inertia)
		}
	}
}

// plainStep assigns the rows, moves the centres to their means, and returns the
// rows at each and the inertia before they moved.
func plainStep(values []float32, centers []float64, k int) (counts []int64, inertia float64) {
	d := len(centers) / k
	counts = make([]int64, k)
	totals := make([]float64, len(centers))
	for i := 0; i < len(values); i += d {
		nearest, best := 0, math.Inf(1)
		for j := range k {
			sum := 0.0
			for f := range d {
				diff := float64(values[i+f]) - centers[j*d+f]
				sum += diff * diff
			}
			if sum < best {
				nearest, best = j, sum
			}
		}
		inertia += best
		counts[nearest]++
		for f := range d {
			totals[nearest*d+f] += float64(values[i+f])
		}
	}
	for i := range centers {
		centers[i] = totals[i] / float64(counts[i/d])
	}
	return counts, inertia
}
