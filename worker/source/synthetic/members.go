package synthetic

import (
	"context"
	"io"
)

// members returns the generator of the table that says in which segment or
// cluster each row is. Its columns are those of assignments: the number from 1
// and the name.
func (g *generator) members() *generator {
	names, _ := g.plant.parts()
	return &generator{seed: g.seed, parts: g.parts, membership: true, columns: []column{
		{name: "segment", kind: whole},
		{name: "segment_name", kind: text, levels: names},
	}}
}

// write writes a membership as Parquet.
func (g *generator) write(ctx context.Context, c Config, w io.Writer) error {
	c.Progress = nil
	return writeParquet(ctx, c, g, w, new(tally))
}

// fillMembers fills a block of a membership.
func (g *generator) fillMembers(b *block) {
	for i := range b.rows {
		of := int32(g.part(rowKey(g.seed, b.first+int64(i))))
		b.values[0][i], b.values[1][i] = of+1, of
	}
}
