package ops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// splitTable is a CSV table of many splits.
func splitTable(t *testing.T, rows int) *source.Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,word,amount\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%s,%d.%d\n", i, []string{"red", "green", ""}[i%3], i%50, i%10)
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := source.Find(t.Context(), source.Spec{Inputs: []string{path}, SplitSize: 400_000})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Splits) < 3 {
		t.Fatalf("%d splits, want several", len(table.Splits))
	}
	return table
}

// run runs an op over some units as a worker does, over the wire.
func run[T any](t *testing.T, table *source.Table, units []int, kind string, params any) *T {
	t.Helper()
	env := &Env{Table: table, Opener: source.Files{}, Units: units}
	for _, u := range units {
		env.Splits = append(env.Splits, table.Splits[u])
	}
	var rows int64
	env.Progress = func(n int64) { rows += n }
	var data []byte
	var err error
	if params != nil {
		if data, err = wire.Encode(params); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := Run(t.Context(), env, kind, data)
	if err != nil {
		t.Fatal(err)
	}
	if rows == 0 {
		t.Error("no progress was told")
	}
	if data, err = wire.Encode(answer); err != nil {
		t.Fatal(err)
	}
	var out T
	if err := wire.Decode(data, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestProfileOverAssignments(t *testing.T) {
	const rows = 100_000
	table := splitTable(t, rows)
	var all []int
	for u := range table.Splits {
		all = append(all, u)
	}
	whole := run[partial.Profile](t, table, all, wire.OpProfile, nil)
	merged := run[partial.Profile](t, table, []int{2}, wire.OpProfile, nil)
	for _, units := range [][]int{append([]int{1}, all[3:]...), {0}} {
		if err := merged.Merge(run[partial.Profile](t, table, units, wire.OpProfile, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(whole.Units, merged.Units); diff != "" {
		t.Errorf("units differ by assignment:\n%s", diff)
	}
	var sum int64
	for i, u := range whole.Units {
		sum += u.Rows
		if u.Unit != i || u.Rows > 20_000 && len(u.Marks) == 0 {
			t.Errorf("unit %d: %d rows, %d marks", u.Unit, u.Rows, len(u.Marks))
		}
	}
	word := merged.Columns[1]
	if sum != rows || word.Rows != rows || word.Nulls != rows/3 || word.Texts["red"] != rows/3+1 || whole.Columns[0].Sketch == nil {
		t.Errorf("%d rows; word: %+v", sum, word)
	}
	if n := whole.Columns[0].Infer(); n.Type != source.Int || n.Distinct < 98_000 {
		t.Errorf("id is inferred as %+v", n)
	}

	ask := partial.RefineParams{Columns: []partial.RefineColumn{{Column: "amount", Cuts: []float64{10}}, {Column: "id", Cuts: []float64{500, 90_000}}}}
	r := run[partial.Refinement](t, table, all[:2], wire.OpRefine, ask)
	if err := r.Merge(run[partial.Refinement](t, table, all[2:], wire.OpRefine, ask)); err != nil {
		t.Fatal(err)
	}
	if r.Columns[0].Below[0] != rows/5 || r.Columns[1].Below[0] != 500 || r.Columns[1].Below[1] != 90_000 {
		t.Errorf("counted below the cuts: %v, %v", r.Columns[0].Below, r.Columns[1].Below)
	}
}

func TestProfileErrors(t *testing.T) {
	table := splitTable(t, 60_000)
	env := &Env{Table: table, Opener: source.Files{}, Splits: table.Splits[:1], Units: []int{0}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, env, wire.OpProfile, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	params, err := wire.Encode(partial.RefineParams{Columns: []partial.RefineColumn{{Column: "gone"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), env, wire.OpRefine, params); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("unknown column: %v", err)
	}
	if err := os.WriteFile(table.Files[0].Path, []byte("id,word,amount\n1,2,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), env, wire.OpProfile, nil); !errors.Is(err, source.ErrChanged) {
		t.Errorf("changed file: %v", err)
	}
}
