//go:build !amd64 || purego

package hist

import "testing"

func eachPath(_ *testing.T, do func(name string)) { do(path.String()) }
