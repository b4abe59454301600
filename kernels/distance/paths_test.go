package distance

import "testing"

func eachPath(t *testing.T, test func(t *testing.T)) { test(t) }
