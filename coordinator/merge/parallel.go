package merge

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inParallel calls do for 0..n-1 on all cores. Calls write to places of their
// own, so that the outcome does not depend on their order.
func inParallel(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait() // none returns an error
}
