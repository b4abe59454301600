package coordinator

import (
	"context"
	"io"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
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
	return j.writeSegments()
}

// writeSegments writes the segments and the cells that others can be made from.
func (j *job) writeSegments() error {
	r := j.findings.Segments
	err := j.write(export.SegmentsFile, func(w io.Writer) error { return export.WriteJSON(w, j.segmentsDocument()) })
	if err != nil {
		return err
	}
	return j.write(export.CellsFile, func(w io.Writer) error { return export.WriteCells(w, j.plan.Features, r.Crossed, r.Kept) })
}

// segmentNames are the segments' names, in their order.
func (j *job) segmentNames() []string {
	var names []string
	for _, p := range j.findings.Personas.Segments {
		names = append(names, p.Name)
	}
	return names
}

// assign sends every row of the source to its segment and writes the parts.
func (j *job) assign(ctx context.Context) error {
	return j.assignBy(ctx, wire.AssignParams{Tree: j.findings.Segments.Tree, Names: j.segmentNames()})
}

// assignBy writes the parts of an assignment of which the way and the names
// are given.
func (j *job) assignBy(ctx context.Context, params wire.AssignParams) error {
	first := make([]int64, len(j.table.Splits))
	var before int64
	for i, u := range j.profile.Units {
		if i > 0 && j.table.Splits[u.Unit].File != j.table.Splits[u.Unit-1].File {
			before = 0
		}
		first[u.Unit] = before
		before += u.Rows
	}
	params.Plan, params.ID, params.First = j.plan, j.plan.Key, first
	assignments := export.NewAssignments(j.folder, params.Names, len(j.table.Splits), params.ID != "")
	err := j.engine.OverEachSplit(ctx, wire.OpAssign, params, j.table.Splits, func(answer []byte) error {
		var parts partial.Parts
		if err := wire.Decode(answer, &parts); err != nil {
			return err
		}
		for _, part := range parts.Files {
			if err := assignments.Add(part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = assignments.Close(j.rows())
	return err
}
