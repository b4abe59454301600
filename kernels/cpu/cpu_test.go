package cpu

import (
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	tests := []struct {
		name string
		best Path
		want Path
		fail string // part of the error
	}{
		{"", PureGo, PureGo, ""},
		{"", AVX512, AVX512, ""},
		{"purego", AVX512, PureGo, ""},
		{"avx2", AVX512, AVX2, ""},
		{"avx2", AVX2, AVX2, ""},
		{"avx512", AVX512, AVX512, ""},
		{"avx512", AVX2, AVX2, "HEADWATER_CPU=avx512: this process supports no path above avx2"},
		{"avx2", PureGo, PureGo, "no path above purego"},
		{"AVX2", AVX512, AVX512, "HEADWATER_CPU=AVX2 is none of purego, avx2, avx512"},
		{"sse", AVX2, AVX2, "unset it to take the best, avx2"},
	}
	for _, test := range tests {
		got, err := choose(test.name, test.best)
		if got != test.want {
			t.Errorf("%q on %v: %v, want %v", test.name, test.best, got, test.want)
		}
		if (err == nil) != (test.fail == "") || err != nil && !strings.Contains(err.Error(), test.fail) {
			t.Errorf("%q on %v: error %v, want %q in it", test.name, test.best, err, test.fail)
		}
	}
}

func TestActiveIsSupported(t *testing.T) {
	path, err := Active()
	if err != nil {
		t.Fatal(err)
	}
	paths := Supported()
	if paths[0] != PureGo || int(path) >= len(paths) || paths[path] != path {
		t.Errorf("path %v of %v", path, paths)
	}
	for _, p := range paths {
		if got, err := choose(p.String(), paths[len(paths)-1]); got != p || err != nil {
			t.Errorf("%v by its name: %v, %v", p, got, err)
		}
	}
	if got := Path(7).String(); got != "path 7" {
		t.Error(got)
	}
}
