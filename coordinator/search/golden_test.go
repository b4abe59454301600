package search

import (
	"fmt"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// cubeRow is a group as other software counted it.
type cubeRow struct {
	Order   int64  `parquet:"order,optional"`
	Group   string `parquet:"group,optional"`
	N       int64  `parquet:"n,optional"`
	Y       int64  `parquet:"sum_y,optional"`
	Balance int64  `parquet:"sum_balance,optional"`
}

func TestBankCube(t *testing.T) {
	want, err := parquet.ReadFile[cubeRow](shared(t, "golden", "bank-binned-cube3.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != 36449 {
		t.Fatalf("the golden file has %d groups", len(want))
	}
	b := bankBinned(t)
	for _, test := range []struct {
		size     int
		order    []int
		minCount int64
	}{
		{100000, inOrder(b.rows.N), 1},
		{7777, shuffled(b.rows.N), 50},
		{1000, inOrder(b.rows.N), 1},
	} {
		t.Run(fmt.Sprintf("shard=%d/min=%d", test.size, test.minCount), func(t *testing.T) {
			b.cut(t, test.size, test.order)
			start := time.Now()
			groups := b.search(t, Config{MinCount: test.minCount})
			t.Logf("%d groups in %v", groups.Len(), time.Since(start))
			compareCube(t, b, groups, want, test.minCount)
		})
	}
}

func compareCube(t *testing.T, b *table, groups *Groups, rows []cubeRow, minCount int64) {
	want := map[string]cubeRow{}
	for _, r := range rows {
		if r.N >= minCount {
			want[r.Group] = r
		}
	}
	if groups.Len() != len(want) {
		t.Errorf("%d groups, want %d", groups.Len(), len(want))
	}
	for i := range groups.Len() {
		c := &groups.Counts
		got := cubeRow{
			Order:   int64(len(groups.At(i))),
			Group:   Name(b.plan.Features, groups.At(i)),
			N:       c.N[i],
			Y:       c.Measures[0].Sum.Big(i).Int64(),
			Balance: c.Measures[1].Sum.Big(i).Int64(),
		}
		if got != want[got.Group] {
			t.Fatalf("got %+v, want %+v", got, want[got.Group])
		}
		delete(want, got.Group)
	}
}
