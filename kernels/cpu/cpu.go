// Package cpu decides, once per process, which implementation of the kernels
// runs: the only place that looks at the processor or the environment.
//
// All paths give the same bits, so the choice never shows in a result. (Package
// distance scores with rounding of its own on each path, and decides exactly.)
package cpu

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// Path is an implementation of the kernels. Paths ascend: a machine that
// supports one supports those before it, and the last is the fastest.
type Path uint8

const (
	// PureGo is plain Go, on every processor and the only one under the build
	// tag purego.
	PureGo Path = iota
	// AVX2 is amd64 assembly for AVX2, FMA and POPCNT.
	AVX2
	// AVX512 is amd64 assembly for AVX-512 F, BW, DQ, VL, IFMA, VPOPCNTDQ and VNNI.
	AVX512
)

// Variable is the environment variable that forces a path by its name.
const Variable = "HEADWATER_CPU"

var names = [...]string{"purego", "avx2", "avx512"}

// String returns the name by which the environment variable knows the path.
func (p Path) String() string {
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("path %d", uint8(p))
}

// Supported returns the paths of this process, slowest first; it begins with
// PureGo.
func Supported() []Path {
	paths := []Path{PureGo, AVX2, AVX512}
	return paths[:best()+1]
}

// Active returns the path that all kernels take. The error says that Variable
// asks for what is not there; the path is then the best one that is, so that
// kernels work before anyone has looked at the error. Commands look at it
// first.
var Active = sync.OnceValues(func() (Path, error) { return choose(os.Getenv(Variable), best()) })

// choose returns the path with the given name, or the best one for an empty
// name. It falls back to the best path with every error.
func choose(name string, best Path) (Path, error) {
	if name == "" {
		return best, nil
	}
	for i, n := range names {
		switch p := Path(i); {
		case n != name:
		case p > best:
			return best, fmt.Errorf("%s=%s: this process supports no path above %s: unset it to take that one", Variable, name, best)
		default:
			return p, nil
		}
	}
	return best, fmt.Errorf("%s=%s is none of %s: unset it to take the best, %s", Variable, name, strings.Join(names[:], ", "), best)
}
