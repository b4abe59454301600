package report

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

var english = message.NewPrinter(language.English)

// whole writes a count with commas.
func whole[T int | int64](n T) string { return english.Sprintf("%d", n) }

// percent writes a share with as many digits as it needs to be told from zero.
func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return "–"
	case share != 0 && math.Abs(share) < 0.001:
		return english.Sprintf("%.3f %%", 100*share)
	default:
		return english.Sprintf("%.1f %%", 100*share)
	}
}

// mean writes a metric's mean: a rate as a percentage. Here and below NaN is
// what does not exist.
func mean(m metric.Metric, x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case yesNo(m):
		return percent(x)
	default:
		return amount(x)
	}
}

// amount writes a number in the metric's unit with about four digits.
func amount(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000 || x == math.Trunc(x):
		return english.Sprintf("%.0f", x)
	case a >= 10:
		return english.Sprintf("%.1f", x)
	case a >= 0.1:
		return english.Sprintf("%.3f", x)
	default:
		return fmt.Sprintf("%.3g", x)
	}
}

// signed writes an amount with its sign.
func signed(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x > 0:
		return "+" + amount(x)
	default:
		return amount(x)
	}
}

// ratio writes a lift.
func ratio(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.2f×", x)
}

// bar draws x of most as blocks, width characters wide at most.
func bar(x, most float64, width int) string {
	if !(x > 0) || !(most > 0) {
		return ""
	}
	eighths := int(math.Round(x / most * float64(8*width)))
	parts := []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}
	return strings.Repeat("█", eighths/8) + parts[eighths%8]
}
