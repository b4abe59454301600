package evidence

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// table is an encoded table, and resident shards of some of its rows.
type table struct {
	plan    encoder.Plan
	metrics []metric.Metric
	rows    encoder.Rows
	shards  []*shard.Shard
}

// openTable profiles and encodes a file as a job does, without the engine.
// Features below a share of 1 % have no level.
func openTable(tb testing.TB, path string, metrics, exclude []string) *table {
	tb.Helper()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	ctx := context.Background()
	file, err := source.Find(ctx, source.Spec{Inputs: []string{path}})
	must(err)
	defer file.Close()
	env := &ops.Env{Table: file, Opener: source.Files{}, Splits: file.Splits}
	for i := range file.Splits {
		env.Units = append(env.Units, i)
	}
	answer, err := ops.Run(ctx, env, wire.OpProfile, nil)
	must(err)
	profile := answer.(*partial.Profile)
	var specs []metric.Spec
	for _, text := range metrics {
		spec, err := metric.Parse(text)
		must(err)
		specs = append(specs, spec)
	}
	t := &table{}
	t.plan.Measures, t.metrics, err = metric.Resolve(specs, "", profile)
	must(err)
	var rows int64
	for _, u := range profile.Units {
		rows += u.Rows
	}
	options := feature.Options{MinCount: rows / 100, Exclude: exclude, Metrics: metric.Columns(specs, "")}
	var answers []partial.Refinement
	for {
		decided, ask, err := feature.Decide(profile, answers, options)
		must(err)
		if ask == nil {
			t.plan.Features, t.plan.Key = decided.Features, decided.Key
			break
		}
		data, err := wire.Encode(ask)
		must(err)
		refined, err := ops.Run(ctx, env, wire.OpRefine, data)
		must(err)
		answers = append(answers, *refined.(*partial.Refinement))
	}
	if file.Dialect != nil {
		t.plan.Nulls = file.Dialect.Nulls
	}
	t.encode(tb, ctx, file)
	return t
}

func (t *table) encode(tb testing.TB, ctx context.Context, file *source.Table) {
	tb.Helper()
	enc, err := encoder.New(&t.plan, file.Columns)
	if err != nil {
		tb.Fatal(err)
	}
	var batch encoder.Rows
	t.rows.Codes, t.rows.Values, t.rows.Known = make([][]uint8, len(t.plan.Features)), make([][]int64, len(t.plan.Measures)), make([][]bool, len(t.plan.Measures))
	for _, split := range file.Splits {
		r, err := source.Files{}.Open(ctx, file, split, enc.Columns())
		if err != nil {
			tb.Fatal(err)
		}
		for {
			rec, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			if err := enc.Encode(rec, int64(t.rows.N), &batch); err != nil {
				tb.Fatal(err)
			}
			rec.Release()
			t.append(&batch)
		}
		r.Close()
	}
}

func (t *table) append(b *encoder.Rows) {
	t.rows.N += b.N
	for f := range t.rows.Codes {
		t.rows.Codes[f] = append(t.rows.Codes[f], b.Codes[f][:b.N]...)
	}
	for m := range t.rows.Values {
		t.rows.Values[m] = append(t.rows.Values[m], b.Values[m][:b.N]...)
		t.rows.Known[m] = append(t.rows.Known[m], b.Known[m][:b.N]...)
	}
	t.rows.Fold = append(t.rows.Fold, b.Fold[:b.N]...)
}

// split builds the shards of the listed rows anew, with the parts that a seed
// gives. values says which row's metric each listed row has: the row itself, or
// another where they are shuffled.
func (t *table) split(tb testing.TB, seed uint64, rows, values []int) {
	tb.Helper()
	t.shards = nil
	const size = 30_000
	for from := 0; from < len(rows); from += size {
		to := min(from+size, len(rows))
		part := &encoder.Rows{N: to - from}
		for _, codes := range t.rows.Codes {
			part.Codes = append(part.Codes, pick(codes, rows[from:to]))
		}
		for m := range t.rows.Values {
			part.Values = append(part.Values, pick(t.rows.Values[m], values[from:to]))
			part.Known = append(part.Known, pick(t.rows.Known[m], values[from:to]))
		}
		part.Fold = pick(t.rows.Fold, rows[from:to])
		for _, row := range rows[from:to] {
			part.Part = append(part.Part, encoder.PartBits(encoder.HashOrdinal(seed, int64(row)), false))
		}
		b := shard.NewBuilder(len(t.shards), &t.plan)
		if err := b.Append(part); err != nil {
			tb.Fatal(err)
		}
		t.shards = append(t.shards, b.Build())
	}
}

func pick[T any](s []T, order []int) []T {
	out := make([]T, len(order))
	for i, row := range order {
		out[i] = s[row]
	}
	return out
}

// shuffled splits all rows with the metrics of others.
func (t *table) shuffle(tb testing.TB, seed uint64) {
	tb.Helper()
	t.split(tb, seed, inOrder(t.rows.N), rand.New(rand.NewPCG(seed, 1)).Perm(t.rows.N))
}

// OverShards runs the op over the shards in two assignments, the later first.
func (t *table) OverShards(ctx context.Context, op string, params any, accept func([]byte) error) error {
	data, err := wire.Encode(params)
	if err != nil {
		return err
	}
	half := len(t.shards) / 2
	for _, part := range [][]*shard.Shard{t.shards[half:], t.shards[:half]} {
		result, err := ops.Run(ctx, &ops.Env{Plan: &t.plan, Shards: part}, op, data)
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

// search searches the shards to the given order.
func (t *table) search(tb testing.TB, order int) (*search.Groups, *partial.Halves) {
	tb.Helper()
	ctx := context.Background()
	levels, err := search.Gather(ctx, t, wire.OpLevels, struct{}{}, (*partial.Halves).Merge)
	if err != nil {
		tb.Fatal(err)
	}
	groups, err := search.Run(ctx, t, &t.plan, levels, search.Config{Order: order, MinShare: 0.01}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return groups, levels
}

// find looks for findings among the groups of search.
func (t *table) find(tb testing.TB, order int, c Config) *Result {
	tb.Helper()
	groups, levels := t.search(tb, order)
	r, err := Run(context.Background(), t, Table{Plan: &t.plan, Metrics: t.metrics, Groups: groups, Levels: levels}, c)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// matches says whether row i lies in a group.
func (t *table) matches(i int, items []wire.Item) bool {
	return !slices.ContainsFunc(items, func(x wire.Item) bool { return t.rows.Codes[x.Feature][i] != x.Code })
}

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

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want) || got == want
}
