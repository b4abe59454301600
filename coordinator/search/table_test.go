package search

import (
	"context"
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// table is an encoded table, and its resident shards behind the wire's
// encoding.
type table struct {
	plan   *encoder.Plan
	rows   encoder.Rows
	shards []*shard.Shard
}

// failer is what testing.TB and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(...any)
}

// cut builds the shards anew, of the given number of rows each, taking the
// rows in the given order.
func (t *table) cut(tb failer, size int, order []int) {
	tb.Helper()
	t.shards = nil
	for from := 0; from < len(order); from += size {
		b := shard.NewBuilder(len(t.shards), t.plan)
		part := order[from:min(from+size, len(order))]
		for len(part) > 0 { // batches of odd sizes
			n := min(len(part), 3333)
			if err := b.Append(t.take(part[:n])); err != nil {
				tb.Fatal(err)
			}
			part = part[n:]
		}
		t.shards = append(t.shards, b.Build())
	}
}

func (t *table) take(order []int) *encoder.Rows {
	r := &encoder.Rows{N: len(order), Fold: pick(t.rows.Fold, order)}
	if t.rows.Part != nil {
		r.Part = pick(t.rows.Part, order)
	}
	for f := range t.rows.Codes {
		r.Codes = append(r.Codes, pick(t.rows.Codes[f], order))
	}
	for m := range t.rows.Values {
		r.Values = append(r.Values, pick(t.rows.Values[m], order))
		r.Known = append(r.Known, pick(t.rows.Known[m], order))
	}
	return r
}

func pick[T any](s []T, order []int) []T {
	out := make([]T, len(order))
	for i, row := range order {
		out[i] = s[row]
	}
	return out
}

// OverShards runs the op over the shards in two assignments, the later first.
func (t *table) OverShards(ctx context.Context, op string, params any, accept func([]byte) error) error {
	data, err := wire.Encode(params)
	if err != nil {
		return err
	}
	half := len(t.shards) / 2
	for _, part := range [][]*shard.Shard{t.shards[half:], t.shards[:half]} {
		result, err := ops.Run(ctx, &ops.Env{Plan: t.plan, Shards: part, Progress: func(int64) {}}, op, data)
		if err != nil {
			return err
		}
		answer, err := wire.Encode(result)
		if err != nil {
			return err
		}
		if err := accept(answer); err != nil {
			return err
		}
	}
	return nil
}

// levels runs the op that a search starts from.
func (t *table) levels(tb failer) *partial.Halves {
	tb.Helper()
	var sum partial.Halves
	err := t.OverShards(context.Background(), wire.OpLevels, struct{}{}, func(answer []byte) error {
		var part partial.Halves
		if err := wire.Decode(answer, &part); err != nil {
			return err
		}
		if sum.Discovery.N == nil {
			sum = part
			return nil
		}
		return sum.Merge(&part)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &sum
}

func (t *table) search(tb failer, c Config) *Groups {
	tb.Helper()
	g, err := Run(context.Background(), t, t.plan, t.levels(tb), c, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func shuffled(n int) []int { return rand.New(rand.NewPCG(1, 2)).Perm(n) }

// shared returns the path of a file that lies beside the repository, and skips
// the test where it does not.
func shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared data is not here: %v", err)
	}
	return path
}

// bankBinned reads bank-binned.csv: y and balance are measures, all other
// columns categorical features, their levels sorted by name.
func bankBinned(t testing.TB) *table {
	t.Helper()
	file, err := os.Open(shared(t, "data", "bank-binned.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header, records := records[0], records[1:]
	y := slices.Index(header, "y")
	b := &table{plan: &encoder.Plan{}, rows: encoder.Rows{N: len(records), Fold: make([]uint8, len(records))}}
	for _, c := range []int{y, slices.Index(header, "balance")} {
		b.plan.Measures = append(b.plan.Measures, encoder.Measure{Name: header[c], Column: header[c], Complete: true})
		values, known := make([]int64, len(records)), make([]bool, len(records))
		for i, r := range records {
			values[i], err = strconv.ParseInt(r[c], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			known[i] = true
		}
		b.rows.Values, b.rows.Known = append(b.rows.Values, values), append(b.rows.Known, known)
	}
	for c, name := range header {
		if name == "y" || name == "balance" {
			continue
		}
		var names []string
		for _, r := range records {
			names = append(names, r[c])
		}
		slices.Sort(names)
		names = slices.Compact(names)
		f := encoder.Feature{Name: name, Column: name, Kind: encoder.Category}
		for _, n := range names {
			f.Levels = append(f.Levels, encoder.Level{Name: n, Value: n})
		}
		codes := make([]uint8, len(records))
		for i, r := range records {
			k, _ := slices.BinarySearch(names, r[c])
			codes[i] = uint8(k + 1)
		}
		b.plan.Features, b.rows.Codes = append(b.plan.Features, f), append(b.rows.Codes, codes)
	}
	return b
}
