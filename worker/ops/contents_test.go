package ops

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Contents against row by row, however the rows are cut; thinned, they are some
// of these, and the same ones.
func TestContentsEqualRowByRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	plan, rows := randomTable(rng, 900, 3, 4, 5)
	rows.Part = make([]uint8, rows.N)
	for i := range rows.Part {
		rows.Part[i] = uint8(rng.IntN(encoder.Parts))
		rows.Values[1][i] %= 3
	}
	features := []int{2, 0}
	want := map[string]int64{}
	for i := range rows.N {
		if rows.Part[i] != encoder.Sample {
			continue
		}
		row := []byte{rows.Fold[i], rows.Codes[2][i], rows.Codes[0][i]}
		for m := range plan.Measures {
			known := byte(0)
			if rows.Known[m][i] {
				known = 1
			}
			row = binary.BigEndian.AppendUint64(append(row, known), uint64(rows.Values[m][i]))
		}
		want[string(row)]++
	}
	for _, limit := range []int{10000, 40} {
		var first map[string]int64
		for _, size := range []int{1000, 70} {
			merged := partial.Contents{Limit: limit}
			for _, s := range cutShards(t, plan, rows, size) {
				env := &Env{Plan: plan}
				env.Shards = append(env.Shards, s)
				part, err := contents(context.Background(), env, wire.ContentsParams{Features: features, Parts: encoder.Sample, Without: encoder.Confirmation, Limit: limit})
				if err != nil {
					t.Fatal(err)
				}
				if err := merged.Merge(&part); err != nil {
					t.Fatal(err)
				}
			}
			if limit > len(want) {
				if diff := cmp.Diff(want, merged.Rows); diff != "" {
					t.Fatalf("-brute +op:\n%s", diff)
				}
			}
			if first == nil {
				first = merged.Rows
			}
			if diff := cmp.Diff(first, merged.Rows); diff != "" || len(first) > limit || len(first) < min(limit, len(want))/5 {
				t.Errorf("limit %d: shards of %d rows keep %d, others:\n%s", limit, size, len(first), diff)
			}
			for row, n := range merged.Rows {
				if want[row] != n {
					t.Errorf("limit %d: %q counts %d, not %d", limit, row, n, want[row])
				}
			}
		}
	}
	if _, err := contents(context.Background(), &Env{Plan: plan}, wire.ContentsParams{Features: []int{9}, Limit: 1}); err == nil {
		t.Error("a feature that there is not is accepted")
	}
}
