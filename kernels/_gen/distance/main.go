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
	for _, k := range []kind{exact, coarse} {
		for m := 1; m <= group; m++ {
			scan512(k, m)
		}
		for m := 1; m <= group; m++ {
			scan2(k, m)
		}
	}
	scale512()
	finish512()
	age512()
	gather512()
	move512()
	Generate()
}

// kind is what is scored.
type kind struct {
	name, value string // of the functions, and the Go type of what they read
	integers    bool   // pairs of 16 bits, in place of float32
}

var (
	exact  = kind{name: "scan", value: "float32"}
	coarse = kind{name: "coarse", value: "int32", integers: true}
)

// scanFunction begins a function that scores rows against groups of m centroids
// and returns where its arguments are.
func (k kind) scanFunction(path string, m, rows, width int) (t, x, d, stream, groups, codes, chunks, categories reg.Register) {
	name := fmt.Sprintf("%s%sx%d", k.name, path, m)
	TEXT(name, NOSPLIT, fmt.Sprintf("func(t *%[1]s, x *%[1]s, d int, stream *%[1]s, groups int, codes *uint8, chunks *int64, categories int)", k.value))
	Pragma("noescape")
	what := "float32 values"
	if k.integers {
		what = "pairs of 16-bit values"
	}
	Doc(fmt.Sprintf("%s scores %d rows of d %s against groups of %d centroids and keeps the two lowest scores of each row.", name, rows, what, m),
		fmt.Sprintf("The stream is that of path_amd64.go, with %d levels in a chunk.", width))
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

// Predicates: of ordered comparison of floats, quiet, and of integers.
const (
	lessThan    = U8(0x11)
	lessThanInt = U8(1)
)

// align moves a pointer up to a multiple of 64.
func align(p reg.GPVirtual) {
	ADDQ(Imm(63), p)
	ANDQ(I32(-64), p)
}
