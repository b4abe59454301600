package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// writeBenchstat prints every repetition as a line of go test -bench.
func writeBenchstat(w io.Writer, paths []cpu.Path, byPath [][]kernelResult) error {
	if _, err := fmt.Fprintf(w, "goos: %s\ngoarch: %s\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, processor()); err != nil {
		return err
	}
	for i, p := range paths {
		for _, r := range byPath[i] {
			name := "Benchmark" + strings.ToUpper(r.Kernel[:1]) + r.Kernel[1:]
			if r.Shape != "" {
				name += "/" + strings.ReplaceAll(r.Shape, " ", "-")
			}
			for _, seconds := range r.Seconds {
				_, err := fmt.Fprintf(w, "%s/rows=%d/path=%s\t%d\t%.2f ns/op\t%.2f MB/s\t%.3f Gcellrows/s\n",
					name, r.Rows, p, r.Calls, seconds*1e9, r.Bytes/seconds/1e6, r.CellRows/seconds/1e9)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}
