package ops

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// contents gathers rows by their codes of some features, fold bits and measures.
// About 60 ns a row.
func contents(ctx context.Context, env *Env, p wire.ContentsParams) (partial.Contents, error) {
	out := partial.Contents{Limit: p.Limit, Rows: map[string]int64{}}
	if p.Limit < 1 {
		return out, fmt.Errorf("contents of at most %d rows: ask for 1 or more", p.Limit)
	}
	for _, f := range p.Features {
		if f < 0 || f >= len(env.Plan.Features) {
			return out, fmt.Errorf("feature %d is not among the plan's %d", f, len(env.Plan.Features))
		}
	}
	var row []byte
	err := eachBlock(ctx, env, p.Parts, func(b *rowBlock) {
		if b.part()&p.Without != 0 {
			return
		}
		fold := b.fold()
		for i := range b.rows {
			row = append(row[:0], fold[i])
			for _, f := range p.Features {
				row = append(row, b.codes(f)[i])
			}
			for m := range b.measures {
				row = appendMeasure(row, &b.measures[m], i)
			}
			out.Add(row)
		}
	})
	return out, err
}

// appendMeasure writes whether a measure is known on a row, and its value.
func appendMeasure(row []byte, v *blockValues, i int) []byte {
	known := byte(1)
	if v.state == shard.None || v.state == shard.Some && v.known[i>>6]>>(i&63)&1 == 0 {
		known = 0
	}
	x := v.min
	if !v.same {
		x = v.values[i]
	}
	if known == 0 {
		x = 0
	}
	return binary.BigEndian.AppendUint64(append(row, known), uint64(x))
}
