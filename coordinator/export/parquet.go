package export

import (
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// newParquetWriter returns a writer whose bytes depend on the rows alone: no
// time, no version of a library.
func newParquetWriter(w io.Writer, schema *parquet.Schema) *parquet.GenericWriter[any] {
	return parquet.NewGenericWriter[any](w, schema,
		parquet.CreatedBy("headwater", "1", "0"),
		parquet.Compression(&parquet.Zstd),
	)
}

// orderedGroup is a parquet.Group whose fields keep the order in which they
// were added; a plain Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	names []string
}

func (g *orderedGroup) add(name string, node parquet.Node) {
	if g.Group == nil {
		g.Group = parquet.Group{}
	}
	g.Group[name] = node
	g.names = append(g.names, name)
}

// Fields returns the fields in order.
func (g orderedGroup) Fields() []parquet.Field {
	fields := g.Group.Fields() // by name
	ordered := make([]parquet.Field, len(g.names))
	for i, name := range g.names {
		k, _ := slices.BinarySearchFunc(fields, name, func(f parquet.Field, name string) int { return strings.Compare(f.Name(), name) })
		ordered[i] = fields[k]
	}
	return ordered
}
