package coordinator

import (
	"cmp"
	"context"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// assign sends every row of the job's own table to its segment.
func (j *job) assign(ctx context.Context) error {
	model := j.model()
	if err := j.assignOwn(ctx, wire.AssignParams{Tree: model.Tree, Names: j.segmentNames()}, j.findings.Personas); err != nil {
		return err
	}
	return j.writeSegments()
}

// assignOwn writes the assignments of the job's own table, of which the way and
// the names are given, and in passing enters the numbers of the personas.
func (j *job) assignOwn(ctx context.Context, params wire.AssignParams, personas *persona.Result) error {
	params.Plan, params.ID, params.Numbers = j.plan, j.plan.Key, j.numbers(len(params.Names))
	rows := make([]int64, len(j.table.Splits))
	for _, u := range j.profile.Units {
		rows[u.Unit] = u.Rows
	}
	a, err := j.assignBy(ctx, params, rows)
	if err != nil {
		return err
	}
	return personas.EnterNumbers(&j.plan, &params.Numbers, a.numbers)
}

// assigned is what assigning came to.
type assigned struct {
	manifest *export.Manifest
	features []int            // that decided, in the order of levels
	levels   [][]int64        // of these: code → customers
	numbers  *partial.Numbers // nil where none were asked for
}

// assignBy sends every row of the table where the params say. Workers leave the
// parts where the outputs will be, and one of each split is taken. Rows are those of the splits, −1 where they are not known yet, which
// they must be where there is no id.
func (j *job) assignBy(ctx context.Context, params wire.AssignParams, rows []int64) (*assigned, error) {
	params.First = firstRows(j.table.Splits, rows)
	var all int64
	for _, n := range rows {
		if n < 0 || all < 0 {
			all = -1
		} else {
			all += n
		}
	}
	if !j.Ship { // workers that are to touch no file but through the coordinator get no place
		place, err := j.out.Parts(j.engine.Term())
		if err != nil {
			return nil, err
		}
		params.Place = *place
	}
	out := export.NewAssignments(j.out, params.Names, len(j.table.Splits), params.ID != "", params.By != nil)
	without := false // keys, some worker is
	var numbers *partial.Numbers
	err := j.engine.OverEachSplit(ctx, wire.OpAssign, params, j.table.Splits, func(answer []byte) error {
		var parts partial.Parts
		if err := wire.Decode(answer, &parts); err != nil {
			return err
		}
		for _, part := range parts.Files {
			if part.Left == nil && params.Place.Bucket != nil && !without {
				without = true
				j.notice("some workers cannot write to %s: their parts came through the coordinator; give them keys to the bucket", j.out.Path())
			}
			if err := out.Add(part); err != nil {
				return err
			}
		}
		if numbers == nil || parts.Numbers == nil {
			numbers = cmp.Or(numbers, parts.Numbers)
			return nil
		}
		return numbers.Merge(parts.Numbers)
	})
	if err != nil {
		return nil, err
	}
	a := &assigned{features: testedFeatures(&params.Tree), levels: out.Levels(), numbers: numbers}
	if params.By != nil {
		a.features = nil
		for _, o := range params.By.OneHot {
			a.features = append(a.features, o.Feature)
		}
	}
	a.manifest, err = out.Close(all)
	return a, err
}

// firstRows returns how many rows of its file precede each split.
func firstRows(splits []source.Split, rows []int64) []int64 {
	first := make([]int64, len(splits))
	for i := 1; i < len(splits); i++ {
		if splits[i].File == splits[i-1].File {
			first[i] = first[i-1] + rows[i-1]
		}
	}
	return first
}
