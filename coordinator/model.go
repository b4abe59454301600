package coordinator

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// model is what the job can be applied to other tables by.
func (j *job) model() export.Model {
	m := export.Model{
		CreatedBy: "headwater " + j.Version, Customers: j.findings.Source.Rows, Weight: j.Weight,
		Metrics: []export.ModelMetric{}, Segments: []export.ModelSegment{},
		Tree: encoder.Tree{Nodes: []encoder.Node{}}, Plan: j.plan, Levels: levelCounts(j.plan.Features, j.levels.N),
	}
	for i, spec := range j.specified {
		v := j.metrics[i].At(&j.findings.Overall.All, 0)
		x := export.ModelMetric{Spec: spec, Known: v.Known}
		if mean, ok := j.metrics[i].Mean(v); ok && !math.IsInf(mean, 0) {
			x.Mean = &mean
		}
		m.Metrics = append(m.Metrics, x)
	}
	if j.findings.Clusters != nil {
		j.addClusters(&m)
	}
	s := j.findings.Segments
	if s == nil {
		return m
	}
	for i, name := range j.segmentNames() {
		segment := export.ModelSegment{Name: name, Rows: s.Segments[i].N}
		for _, r := range s.Segments[i].Rules {
			segment.Rules = append(segment.Rules, merge.RuleText(j.plan.Features, r))
		}
		m.Segments = append(m.Segments, segment)
	}
	m.Tree = merge.NumberRules(s.Tree, j.plan.Features, s.Segments)
	return m
}

// levelCounts splits counts of every feature × code, as wire.OpLevels lists
// them, by feature.
func levelCounts(features []encoder.Feature, n []int64) [][]int64 {
	offsets := encoder.Offsets(features)
	out := make([][]int64, len(features))
	for f := range out {
		out[f] = n[offsets[f]:offsets[f+1]]
	}
	return out
}
