package kmeans

import (
	"context"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// seedRounds and seedRows are the rounds of k-means‖ and the rows that each
// adds, for each cluster; Bahmani and others (2012) found nothing gained beyond.
const (
	seedRounds = 5
	seedRows   = 2
)

// candidates picks rows that stand for all: a first one at random, then round
// by round those that priority sampling takes by their squared distance from
// the ones before. Unlike sampling with a probability that has to be fixed
// beforehand this takes exactly as many rows as wanted, in one pass a round,
// and the row is in by its own hash alone. Each candidate weighs the rows that
// are nearest to it. There are fewer than k only if there are no more different
// points among the rows.
func (r *runner) candidates(ctx context.Context, k int, rows wire.Rows) ([]*point, error) {
	var found []*point
	for round := 0; round <= seedRounds || len(found) < k; round++ {
		ask := wire.PickParams{How: wire.PickSpread, Count: max(seedRows*k, 32), Salt: uint64(round), Rows: rows}
		if round == 0 {
			ask.How, ask.Count = wire.PickAny, 1
		} else {
			ask.Centres = r.space.centres(found)
		}
		picked, err := r.pick(ctx, ask)
		if err != nil {
			return nil, err
		}
		if len(picked) == 0 {
			break // every row lies on a candidate
		}
		for _, p := range picked {
			if !slices.ContainsFunc(found, func(q *point) bool { return r.space.distance(p, q) == 0 }) {
				found = append(found, p)
			}
		}
	}
	if len(found) < k {
		return found, nil
	}
	sums, err := r.pass(ctx, wire.LloydParams{Runs: []wire.Run{{Centres: r.space.centres(found), Rows: rows, ID: r.newID()}}})
	if err != nil {
		return nil, err
	}
	for i, n := range sums.Runs[0].N {
		found[i].weight = float64(n)
	}
	return found, nil
}

// pick fetches rows.
func (r *runner) pick(ctx context.Context, p wire.PickParams) ([]*point, error) {
	p.OneHot = r.space.OneHot
	picked, err := over(ctx, r.shards, wire.OpPick, p, (*partial.Picked).Merge)
	if err != nil {
		return nil, err
	}
	var points []*point
	for _, row := range picked.Rows {
		q := &point{codes: row.Codes, places: make([]float64, len(row.Places))}
		for j, x := range row.Places {
			q.places[j] = float64(x)
		}
		points = append(points, q)
	}
	return points, nil
}

// given fetches the rows that the user named, in the order named.
func (r *runner) given(ctx context.Context) ([]*point, error) {
	sorted := slices.Sorted(slices.Values(r.config.InitRows))
	points, err := r.pick(ctx, wire.PickParams{How: wire.PickGiven, Count: len(sorted), Ordinals: sorted})
	if err != nil {
		return nil, err
	}
	if len(points) < len(sorted) {
		return nil, fmt.Errorf("--init-rows: the last row is %d, and rows are counted from 0", r.rows-1)
	}
	ordered := make([]*point, len(points))
	for i, row := range r.config.InitRows {
		at, _ := slices.BinarySearch(sorted, row) // equal priority: by ordinal
		ordered[i] = points[at]
	}
	return ordered, nil
}

// spread chooses k of the candidates as k-means++ does, greedily: of a few
// drawn by squared distance × weight, the one that leaves the least. The draws
// hang on the seed and the number of the start alone.
func (r *runner) spread(candidates []*point, k, start int) []*point {
	draw := func(step, try int) float64 {
		h := encoder.Rehash(encoder.HashOrdinal(r.config.Seed, int64(start)), uint64(k)<<40|uint64(step)<<8|uint64(try))
		return float64(h>>11) / (1 << 53)
	}
	cost := make([]float64, len(candidates))
	for i, c := range candidates {
		cost[i] = c.weight
	}
	chosen := []*point{candidates[drawn(cost, draw(0, 0))]}
	near := make([]float64, len(candidates))
	for i, c := range candidates {
		near[i] = r.space.distance(c, chosen[0])
	}
	tries := 2
	for n := k; n > 1; n /= 2 { // 2 + log₂ k
		tries++
	}
	for step := 1; step < k; step++ {
		for i, c := range candidates {
			cost[i] = float64(near[i] * c.weight)
		}
		best, least := -1, 0.0
		for try := range tries {
			at := drawn(cost, draw(step, try))
			left := 0.0
			for i, c := range candidates {
				left += float64(min(near[i], r.space.distance(c, candidates[at])) * c.weight)
			}
			if best < 0 || left < least {
				best, least = at, left
			}
		}
		chosen = append(chosen, candidates[best])
		for i, c := range candidates {
			near[i] = min(near[i], r.space.distance(c, candidates[best]))
		}
	}
	return chosen
}

// drawn returns the index at which the sum of costs passes the share u of all,
// or the one of the largest cost where no cost is left.
func drawn(cost []float64, u float64) int {
	sum := 0.0
	for _, c := range cost {
		sum += c
	}
	target, last := float64(u*sum), 0
	sum = 0
	for i, c := range cost {
		if c <= 0 {
			continue
		}
		last = i
		if sum += c; sum > target {
			return i
		}
	}
	return last
}
