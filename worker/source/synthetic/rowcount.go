package synthetic

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// ParseRows reads a number of rows as people write it: 250000, 1_000_000,
// 100k, 2.5m, 1b or 1g (both 10⁹). The result is at least 1; a fraction of a
// row is an error.
func ParseRows(s string) (int64, error) {
	digits := strings.ToLower(strings.TrimSpace(s))
	scale := int64(1)
	if n := len(digits); n > 0 {
		switch digits[n-1] {
		case 'k':
			scale = 1_000
		case 'm':
			scale = 1_000_000
		case 'b', 'g':
			scale = 1_000_000_000
		}
		if scale > 1 {
			digits = digits[:n-1]
		}
	}
	digits = strings.ReplaceAll(digits, "_", "")
	wrong := fmt.Errorf("rows: %q is not a number of rows; write 250000, 1_000_000, 100k, 2.5m or 1b", s)
	// Rat also reads 1/3, 1e9 and 0x10, which nobody means here; the length
	// keeps a hostile argument from becoming a long calculation.
	if digits == "" || len(digits) > 30 || strings.Trim(digits, "0123456789.") != "" {
		return 0, wrong
	}
	r, ok := new(big.Rat).SetString(digits)
	if !ok {
		return 0, wrong
	}
	r.Mul(r, new(big.Rat).SetInt64(scale))
	if !r.IsInt() {
		return 0, fmt.Errorf("rows: %q is not a whole number of rows", s)
	}
	if r.Sign() <= 0 {
		return 0, fmt.Errorf("rows: %q is less than one row", s)
	}
	if r.Num().Cmp(big.NewInt(math.MaxInt64)) > 0 {
		return 0, fmt.Errorf("rows: %q is more than fits in 64 bits", s)
	}
	return r.Num().Int64(), nil
}
