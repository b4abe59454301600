// Command bitset generates the amd64 kernels of package kernels/bitset.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64,!purego")
	andCounts512("andCountsPair512", 2)
	andCounts512("andCountsOne512", 1)
	and512()
	andCounts2()
	and2()
	Generate()
}

// labels gives every loop a name of its own.
var labels int

func label(name string) string {
	labels++
	return fmt.Sprintf("%s%d", name, labels)
}
