// Command distance generates the amd64 kernels of package kernels/distance.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// group is how many centroids are scored at a time, at most.
const group = 6

func main() {
	ConstraintExpr("amd64,!purego")
	for m := 1; m <= group; m++ {
		scan512(m)
	}
	for m := 1; m <= group; m++ {
		scan2(m)
	}
	finish512()
	age512()
	compress512()
	move512()
	Generate()
}

// scanFunction begins a function that scores rows against groups of m centroids
// and returns where its arguments are.
func scanFunction(name string, m, rows, width int) (t, x, d, stream, groups, codes, chunks, categories reg.Register) {
	TEXT(name, NOSPLIT, "func(t *float32, x *float32, d int, stream *float32, groups int, codes *uint8, chunks *int64, categories int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s scores %d rows against groups of %d centroids and keeps the two lowest scores of each row.", name, rows, m),
		fmt.Sprintf("The stream is that of packed.go, with %d levels in a chunk.", width))
	arguments := make([]reg.Register, 8)
	for i, name := range []string{"t", "x", "d", "stream", "groups", "codes", "chunks", "categories"} {
		arguments[i] = Load(Param(name), GP64())
	}
	return arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6], arguments[7]
}

// The header of a group, in bytes from its start: biases and numbers of
// centroids.
const (
	biasAt   = 0
	numberAt = 32
	header   = 64
)

// Fields of a tile, in bytes from its start.
const (
	bestAt    = 0
	secondAt  = 256
	nearestAt = 512
	codesRow  = 64 // bytes of a category in the codes of a tile
)

// lessThan is the predicate of ordered comparison, quiet.
const lessThan = U8(0x11)

// align moves a pointer up to a multiple of 64.
func align(p reg.GPVirtual) {
	ADDQ(Imm(63), p)
	ANDQ(I32(-64), p)
}
