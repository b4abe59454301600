//go:build amd64 && !purego

package hist

import (
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// eachPath runs do on every path that is supported.
func eachPath(t *testing.T, do func(name string)) {
	t.Helper()
	before := path
	defer func() { path = before }()
	for _, path = range cpu.Supported() {
		do(path.String())
	}
}
