package distance

import (
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// eachPath runs a test on every path that this process supports. Centroids keep
// the path that they were made for.
func eachPath(t *testing.T, test func(t *testing.T)) {
	chosen := path
	defer func() { path = chosen }()
	for _, p := range cpu.Supported() {
		path = p
		t.Run(p.String(), test)
	}
}
