package contrast

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// runs returns how many seeds a test of the guarantees takes: few as a rule,
// HEADWATER_TRUST of them where that is set (make trust).
func runs(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("HEADWATER_TRUST")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("HEADWATER_TRUST=%s is not a number", text)
	}
	return n
}

// TestNothingDiffersInNoise compares sides that are alike: no difference may be
// found in 95 % of the runs. The level of the metric depends on the features,
// and B is above A everywhere by as much: neither is a difference of groups.
func TestNothingDiffersInNoise(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := kinds[kind]
			loud, n := 0, runs(t, 3)
			for seed := range n {
				tab := generate(uint64(seed), 24_000, k.binary, nil, func(r *rand.Rand, codes []uint8, side uint8) int64 {
					times := 0.6 + 0.2*float64(codes[2]%3)
					if k.binary && side == encoder.SideB {
						times += 0.3
					}
					return k.draw(r, times)
				})
				r := tab.compare(t)
				if len(r.Metrics[0].Changes)+len(r.Mix.Shifts) > 0 {
					loud++
					t.Logf("seed %d: %s", seed, brief(r))
				}
			}
			t.Logf("differences in %d of %d runs on noise", loud, n)
			if loud > n/20 {
				t.Errorf("differences in %d of %d runs on noise, more than 5 %%", loud, n)
			}
		})
	}
}

func brief(r *Result) string {
	var s string
	for _, c := range r.Metrics[0].Changes {
		s += fmt.Sprintf("%s %s p=%.2g q=%.2g; ", c.Direction, c.Group, c.P, c.Q)
	}
	for _, x := range r.Mix.Shifts {
		s += fmt.Sprintf("mix %s %s p=%.2g q=%.2g; ", x.Direction, x.Group, x.P, x.Q)
	}
	return s
}

// TestPlantedDifferencesAreFound plants one group on which the metric changes
// between the sides, and another that is a larger part of B: each must come
// first, by its own rule, in 98 of 100 runs.
func TestPlantedDifferencesAreFound(t *testing.T) {
	for _, test := range []struct {
		name  string
		kind  string
		times func(inside bool, side uint8) float64
		want  string
	}{
		{"rate up", "20 %", planted(1, 1.8), "up"},
		{"rate down", "20 %", planted(1, 0.4), "down"},
		{"mean up", "normal", planted(1, 1.3), "up"},
		{"heavy tails", "log-normal", planted(1, 3), "up"},
		{"high level, fallen", "20 %", planted(2.5, 1.2), "down"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := kinds[test.kind]
			seeds, missed := runs(t, 2), 0
			for seed := range seeds {
				tab := generate(uint64(seed), 60_000, k.binary,
					func(codes []uint8) float64 {
						if codes[0] == 2 && codes[4] == 2 {
							return 0.7
						}
						return 0.45
					},
					func(r *rand.Rand, codes []uint8, side uint8) int64 {
						return k.draw(r, test.times(codes[2] == 1 && codes[6] == 1, side))
					})
				r := tab.compare(t)
				changes, shifts := r.Metrics[0].Changes, r.Mix.Shifts
				switch {
				case len(changes) == 0 || changes[0].Group != "f2=l0 & f6=l0" || changes[0].Direction != test.want:
					t.Logf("seed %d: the metric changed %s on f2=l0 & f6=l0, and this was found: %s", seed, test.want, brief(r))
				case len(shifts) == 0 || shifts[0].Group != "f0=l1 & f4=l1" || shifts[0].Direction != "up":
					t.Logf("seed %d: f0=l1 & f4=l1 is a larger part of B, and this was found: %s", seed, brief(r))
				case len(changes) > 2 || len(shifts) > 3:
					t.Logf("seed %d: one of each was planted, and these were found: %s", seed, brief(r))
				default:
					continue
				}
				missed++
			}
			if missed*50 > seeds {
				t.Errorf("missed in %d of %d runs", missed, seeds)
			}
		})
	}
}

// planted is the level inside the group on A and on B; it is 1 outside.
func planted(a, b float64) func(inside bool, side uint8) float64 {
	return func(inside bool, side uint8) float64 {
		switch {
		case !inside:
			return 1
		case side == encoder.SideB:
			return b
		}
		return a
	}
}
