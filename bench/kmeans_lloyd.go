package main

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// lloyd runs the passes of k-means over resident shards, as a job does: the
// workers assign and add up, and the next centres are the means.
type lloyd struct {
	*resident
	run     wire.Run
	squares []float64 // coordinate: Σx²; nil before the first step
	last    partial.LloydRun
}

// startLloyd loads the rows on workers of their own, to start from the first k.
func startLloyd(ctx context.Context, path string, values []float32, dense, k, workers int) (*lloyd, error) {
	plan := &encoder.Plan{Seed: 1, Clustered: true}
	for f := range dense {
		plan.Coordinates = append(plan.Coordinates, encoder.Coordinate{
			Name: axisName(f), Column: axisName(f), Unit: distanceUnit, Weight: distanceUnit * distanceUnit,
		})
	}
	r, err := loadPlanned(ctx, plan, path, workers)
	if err != nil {
		return nil, err
	}
	l := &lloyd{resident: r}
	l.begin(values, k)
	return l, nil
}

// begin starts anew from the first k rows.
func (l *lloyd) begin(values []float32, k int) {
	first := wire.Centres{K: k}
	for _, x := range values[:k*len(l.plan.Coordinates)] {
		first.Places = append(first.Places, float64(x)/distanceUnit)
	}
	l.run, l.last = wire.Run{Centres: first, ID: l.run.ID + 1}, partial.LloydRun{}
}

// lloydStep is what a pass found.
type lloydStep struct {
	inertia float64 // around the centres that the rows were assigned to
	fixed   bool    // nothing has changed since the pass before
}

// step is one pass.
func (l *lloyd) step(ctx context.Context) (s lloydStep, err error) {
	p := wire.LloydParams{Runs: []wire.Run{l.run}}
	if l.squares == nil {
		p.Totals = []wire.Rows{{}}
	}
	var all *partial.Lloyd
	err = l.engine.OverShards(ctx, wire.OpLloyd, p, func(answer []byte) error {
		part := new(partial.Lloyd)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if all == nil {
			all = part
			return nil
		}
		return all.Merge(part)
	})
	if err != nil {
		return s, err
	}
	d := len(l.plan.Coordinates)
	if l.squares == nil {
		for f := range d {
			x, _ := new(big.Float).SetInt(all.Totals[0].Squares.Big(f)).Float64()
			l.squares = append(l.squares, x)
		}
	}
	sums := all.Runs[0]
	next := wire.Centres{K: l.run.K}
	for j, n := range sums.N {
		if n == 0 {
			return s, fmt.Errorf("centre %d lost all its rows: engines differ in what follows", j)
		}
		for f := range d {
			next.Places = append(next.Places, float64(sums.Sum[j*d+f])/float64(n))
		}
	}
	s.inertia, s.fixed = l.inertia(&sums), slices.Equal(l.last.N, sums.N) && slices.Equal(l.last.Sum, sums.Sum)
	l.run.Centres, l.last = next, sums
	return s, nil
}

func (l *lloyd) inertia(sums *partial.LloydRun) (inertia float64) {
	for f, c := range l.plan.Coordinates {
		x := l.squares[f]
		for j, n := range sums.N {
			at := j*len(l.squares) + f
			x += l.run.Places[at] * (float64(n)*l.run.Places[at] - 2*float64(sums.Sum[at]))
		}
		inertia += c.Weight * x
	}
	return inertia
}
