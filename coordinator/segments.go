package coordinator

import (
	"context"
	"io"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
)

// segment merges the customers into segments and describes them.
func (j *job) segment(ctx context.Context) error {
	config := merge.Config{Features: j.allowed, KMin: j.KMin, KMax: j.KMax, K: j.K, Lambda: j.Lambda, Cross: j.cross}
	config.Beside, config.Doubted = j.beside(), j.doubtful()
	f := &j.findings
	var err error
	if f.Segments, err = merge.Run(ctx, j.engine, &j.plan, j.metrics, j.levels, config, j.Stage); err != nil {
		return err
	}
	if f.Personas, err = persona.Describe(&j.plan, j.metrics, f.Segments, j.levels, j.style()); err != nil {
		return err
	}
	if err = j.besideSegments(ctx); err != nil {
		return err
	}
	j.warnOfContext()
	if f.Evidence == nil {
		return nil
	}
	if err = f.Evidence.LayOver(ctx, j.engine, f.Segments.Tree, j.segmentNames()); err != nil {
		return err
	}
	return j.writeFindings()
}

// writeSegments writes the segments and the cells that others can be made from.
func (j *job) writeSegments() error {
	r := j.findings.Segments
	err := j.write(export.SegmentsFile, func(w io.Writer) error { return export.WriteJSON(w, j.segmentsDocument()) })
	if err != nil {
		return err
	}
	return j.write(export.CellsFile, func(w io.Writer) error { return export.WriteCells(w, j.plan.Features, r.Crossed, r.Kept, r.Unseen) })
}

// segmentNames are the segments' names, in their order.
func (j *job) segmentNames() []string {
	var names []string
	for _, p := range j.findings.Personas.Segments {
		names = append(names, p.Name)
	}
	return names
}
