package coordinator

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// leakingNumbers returns the features of numeric traits that give a yes/no
// metric away, by the check of feature.Rank. What a row's place is made of must
// be known before rows are loaded, and the levels are counted only after; so
// this is a pass of its own over the columns in question, where there is a
// metric to give away.
func (j *job) leakingNumbers(ctx context.Context) (leaking []int, err error) {
	small := encoder.Plan{Nulls: j.plan.Nulls}
	var metrics []metric.Metric
	for _, m := range j.metrics {
		if m.Binary && m.Den < 0 {
			small.Measures = append(small.Measures, j.plan.Measures[m.Num])
			m.Num = len(metrics)
			metrics = append(metrics, m)
		}
	}
	var numbers []int // features of the plan
	for _, c := range j.decided.Columns {
		if j.numericTrait(&c) {
			numbers = append(numbers, c.Features...)
		}
	}
	if len(metrics) == 0 || len(numbers) == 0 {
		return nil, nil
	}
	for _, f := range numbers {
		small.Features = append(small.Features, j.plan.Features[f])
	}
	counts, err := overSplits(ctx, j, wire.OpTabulate, wire.TabulateParams{Plan: small}, (*partial.Counts).Merge)
	if err != nil {
		return nil, err
	}
	for i, r := range feature.Rank(small.Features, metrics, counts, nil, j.Keep) {
		if r.LeftOut != "" {
			leaking = append(leaking, numbers[i])
		}
	}
	slices.Sort(leaking)
	return leaking, nil
}
