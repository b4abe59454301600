package main

import "testing"

// The engines that are there agree on the inertia, or the command fails.
func TestPeersKMeans(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	args := []string{"peers", "kmeans", "--iterations=2", "--repeat=1", "--threads=2", "--temp-dir", t.TempDir(), "--case"}
	list := decode(t, append(args, "2k,5,4")...)
	above(t, list, "rows", "features", "k")
	above(t, list[:1], "iteration_seconds", "times_headwater", "inertia", "fit_seconds", "fit_iterations", "fit_inertia", "score_all_seconds", "score_all_of_probe")
	if list[0]["engine"] != "headwater" {
		t.Errorf("first line is %v", list[0])
	}
}

// Steps in blocks and threads are those of plain float64 k-means.
func TestLloyd(t *testing.T) {
	c := &kmeansCase{rows: 40_000, dense: 3, k: 7}
	values := c.draw()
	l, err := newLloyd(values, c.dense, c.k, 2)
	if err != nil {
		t.Fatal(err)
	}
	centers := make([]float64, c.k*c.dense)
	for i := range centers {
		centers[i] = float64(values[i])
	}
	for step := range 5 {
		last := l.centers
		_, sums, err := l.step()
		if err != nil {
			t.Fatal(err)
		}
		inertia, counts, totals := 0.0, make([]int64, c.k), make([]float64, len(centers))
		for i := 0; i < len(values); i += c.dense {
			nearest, best := 0, 0.0
			for j := range c.k {
				sum := 0.0
				for f := range c.dense {
					diff := float64(values[i+f]) - centers[j*c.dense+f]
					sum += diff * diff
				}
				if j == 0 || sum < best {
					nearest, best = j, sum
				}
			}
			inertia += best
			counts[nearest]++
			for f := range c.dense {
				totals[nearest*c.dense+f] += float64(values[i+f])
			}
		}
		for j, n := range counts {
			if sums.Counts[j] != n {
				t.Fatalf("step %d: %d rows at centre %d, want %d", step, sums.Counts[j], j, n)
			}
			for f := range c.dense {
				centers[j*c.dense+f] = totals[j*c.dense+f] / float64(n)
			}
		}
		if got := l.inertia(last, sums); got/inertia-1 > 1e-9 || inertia/got-1 > 1e-9 {
			t.Errorf("step %d: inertia %v, want %v", step, got, inertia)
		}
	}
}
