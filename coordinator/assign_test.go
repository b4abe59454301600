package coordinator

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/source"
)

func TestFirstRows(t *testing.T) {
	splits := []source.Split{{File: 0}, {File: 0}, {File: 1}, {File: 1}, {File: 1}, {File: 2}}
	if diff := cmp.Diff([]int64{0, 10, 0, 5, 12, 0}, firstRows(splits, []int64{10, 20, 5, 7, 1, 3})); diff != "" {
		t.Error(diff)
	}
	if firstRows(nil, nil) == nil {
		t.Error("no splits have no list")
	}
}
