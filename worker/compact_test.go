package worker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// plainly hides that readers can deliver compact batches.
type plainly struct{ source.Files }

func (p plainly) Open(ctx context.Context, t *source.Table, s source.Split, columns []string) (source.Reader, error) {
	r, err := p.Files.Open(ctx, t, s, columns)
	return struct{ source.Reader }{r}, err
}

type customer struct {
	ID      int64    `parquet:"id,dict"`
	Age     int32    `parquet:"age,dict"`
	Visits  *int64   `parquet:"visits,optional,dict"`
	Rate    *float64 `parquet:"rate,optional,dict"`
	Since   int32    `parquet:"since,date,dict"`
	Seen    *int64   `parquet:"seen,optional,timestamp(millisecond),dict"`
	Fee     int64    `parquet:"fee,decimal(2:18),dict"`
	City    *string  `parquet:"city,optional,dict"`
	Note    string   `parquet:"note"`
	Active  bool     `parquet:"active"`
	Spend   int64    `parquet:"spend,dict"`
	Unknown *int32   `parquet:"unknown,optional,dict"`
}

func customers(n int) []customer {
	random := rand.New(rand.NewPCG(7, 8))
	rows := make([]customer, n)
	for i := range rows {
		c := &rows[i]
		*c = customer{
			ID: int64(i * 3), Age: int32(random.IntN(90)), Since: int32(random.IntN(5000)), Fee: int64(random.IntN(40) * 25),
			Note: strings.Repeat("n", random.IntN(5)), Active: random.IntN(2) == 0, Spend: int64(random.IntN(1000)) - 300,
		}
		if random.IntN(5) > 0 {
			v := int64(random.IntN(12))
			c.Visits = &v
		}
		if random.IntN(3) > 0 {
			v := float64(random.IntN(700)) / 8
			c.Rate = &v
		}
		if random.IntN(4) > 0 {
			v := int64(random.IntN(300)) * 7_200_000
			c.Seen = &v
		}
		if random.IntN(4) > 0 {
			v := fmt.Sprint("city ", random.IntN(5))
			c.City = &v
		}
	}
	return rows
}

func findCustomers(t *testing.T, rows []customer, options ...parquet.WriterOption) *source.Table {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.parquet")
	if err := parquet.WriteFile(path, rows, options...); err != nil {
		t.Fatal(err)
	}
	table, err := source.Find(t.Context(), source.Spec{Inputs: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func customerPlan() *encoder.Plan {
	ten, fifty := 10.0, 50.0
	cut := func(low, high *float64) encoder.Level { return encoder.Level{Low: low, High: high} }
	ranges := []encoder.Level{cut(nil, &ten), cut(&ten, &fifty), cut(&fifty, nil)}
	p := &encoder.Plan{Key: "id", Seed: 5, Clustered: true}
	for _, name := range []string{"age", "visits", "rate", "fee", "spend"} {
		p.Features = append(p.Features, encoder.Feature{Name: name, Column: name, Kind: encoder.Range, Levels: ranges})
		p.Coordinates = append(p.Coordinates, encoder.Coordinate{Name: name, Column: name, Centre: 3, Unit: 0.25, Weight: 1})
	}
	p.Features = append(p.Features,
		encoder.Feature{Name: "since", Column: "since", Part: encoder.Weekday, Kind: encoder.Category, Levels: []encoder.Level{{Value: "mon"}, {Value: "sun"}, {}}, Other: 3},
		encoder.Feature{Name: "seen", Column: "seen", Part: encoder.Month, Kind: encoder.Category, Levels: []encoder.Level{{Value: "jan"}, {}}, Other: 2},
		encoder.Feature{Name: "city", Column: "city", Kind: encoder.Category, Levels: []encoder.Level{{Value: "city 1"}, {Value: "city 3"}, {}}, Other: 3},
		encoder.Feature{Name: "unknown", Column: "unknown", Kind: encoder.Discrete, Levels: []encoder.Level{{Value: "1"}}},
	)
	three := "3"
	p.Measures = []encoder.Measure{
		{Name: "spend", Column: "spend", Complete: true},
		{Name: "rate", Column: "rate", Digits: 3},
		{Name: "fee", Column: "fee", Digits: 2, Weight: "visits"},
		{Name: "three", Column: "visits", Equals: &three},
		{Name: "active", Column: "active", With: "seen"},
		{Name: "unknown", Column: "unknown"},
	}
	return p
}

func loadCustomers(t *testing.T, table *source.Table, opener source.Opener) *shard.Shard {
	t.Helper()
	s, err := LoadShard(t.Context(), table, opener, customerPlan(), wire.Shard{ID: 1, Pieces: table.Splits}, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompactLoad holds shards and profiles made of compact batches against
// those of plain ones.
func TestCompactLoad(t *testing.T) {
	for name, options := range map[string][]parquet.WriterOption{
		"dictionaries": {parquet.MaxRowsPerRowGroup(3000)},
		"fallback":     {parquet.PageBufferSize(2000), parquet.DictionaryMaxBytes(900), parquet.DataPageVersion(1), parquet.Compression(&parquet.Snappy)},
		"plain":        {parquet.PageBufferSize(500), parquet.DictionaryMaxBytes(1), parquet.Compression(&parquet.Zstd)},
	} {
		t.Run(name, func(t *testing.T) {
			table := findCustomers(t, customers(8000), options...)
			compact, plain := loadCustomers(t, table, source.Files{}), loadCustomers(t, table, plainly{})
			if !reflect.DeepEqual(compact, plain) {
				t.Error("the shards differ")
			}
			profile := func(opener source.Opener) *partial.Profile {
				units := make([]int, len(table.Splits))
				for i := range units {
					units[i] = i
				}
				answer, err := ops.Run(t.Context(), &ops.Env{Table: table, Opener: opener, Splits: table.Splits, Units: units}, wire.OpProfile, nil)
				if err != nil {
					t.Fatal(err)
				}
				return answer.(*partial.Profile)
			}
			if a, b := profile(source.Files{}), profile(plainly{}); !reflect.DeepEqual(a, b) {
				t.Error("the profiles differ")
			}
		})
	}
}

// TestUnusedEntry checks that an entry of a dictionary that cannot be summed
// matters on rows that have it, and names the first of them.
func TestUnusedEntry(t *testing.T) {
	rows := customers(100)
	rows[70].Spend = 1 << 60
	table := findCustomers(t, rows)
	plan := &encoder.Plan{Measures: []encoder.Measure{{Name: "spend", Column: "spend"}}}
	load := func(s source.Split) error {
		_, err := LoadShard(t.Context(), table, source.Files{}, plan, wire.Shard{Pieces: []source.Split{s}}, func(int64) {})
		return err
	}
	if err := load(table.Slice(0, 0, 70, nil)); err != nil {
		t.Error(err)
	}
	err := load(table.Splits[0])
	if err == nil || !strings.Contains(err.Error(), "row 71") || !strings.Contains(err.Error(), "1152921504606846976") || !strings.Contains(err.Error(), `"spend"`) {
		t.Error(err)
	}
}
