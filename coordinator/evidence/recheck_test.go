package evidence

import (
	"math/big"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
)

// values are n customers whose mean is mean, spread by spread to either side.
func values(n, mean, spread int64) sample.Exact {
	return sample.Exact{Known: n, Sum: big.NewInt(n * mean), Squares: big.NewInt(n * (mean*mean + spread*spread))}
}

// answers are n customers of whom so many say yes.
func answers(n, yes int64) sample.Exact {
	return sample.Exact{Known: n, Sum: big.NewInt(yes), Squares: big.NewInt(yes)}
}

// TestVerdict has a group of each kind, among customers of whom 10 % say yes,
// or who hold 100 ± 50, or −10 ± 50, which has no lift.
func TestVerdict(t *testing.T) {
	everybody := map[string]sample.Exact{"rate": answers(100_000, 10_000), "amount": values(100_000, 100, 50), "signed": values(100_000, -10, 50)}
	for _, c := range []struct {
		metric    string
		name      string
		direction int
		x         sample.Exact
		seen      bool
		want      Verdict
	}{
		{"rate", "odds ratio of 3", +1, answers(1000, 250), true, Held},
		{"rate", "odds ratio of 1.3", +1, answers(1000, 126), true, Weakened},
		{"rate", "like everybody, many", +1, answers(5000, 500), false, Gone},
		{"rate", "like everybody, few", +1, answers(50, 5), false, TooFew},
		{"rate", "far below instead", +1, answers(5000, 100), false, Gone},
		{"rate", "all yes, but two", +1, answers(2, 2), false, TooFew},
		{"rate", "nobody", +1, answers(0, 0), false, TooFew},
		{"rate", "everybody", +1, everybody["rate"], false, TooFew},
		{"rate", "odds ratio of 1/3", -1, answers(1000, 35), true, Held},
		{"rate", "odds ratio of 1/1.3", -1, answers(1000, 78), true, Weakened},
		{"rate", "down: like everybody, many", -1, answers(5000, 500), false, Gone},
		{"rate", "down: like everybody, few", -1, answers(50, 5), false, TooFew},
		{"rate", "down: far above instead", -1, answers(5000, 1000), false, Gone},
		{"amount", "lift of 2", +1, values(1000, 200, 50), true, Held},
		{"amount", "lift of 1.2", +1, values(1000, 120, 50), true, Weakened},
		{"amount", "like everybody, many", +1, values(1000, 100, 50), false, Gone},
		{"amount", "like everybody, few", +1, values(5, 100, 50), false, TooFew},
		{"amount", "one", +1, values(1, 300, 0), false, TooFew},
		{"amount", "lift of 1/2", -1, values(1000, 50, 50), true, Held},
		{"amount", "down: like everybody, many", -1, values(1000, 100, 50), false, Gone},
		{"amount", "down: like everybody, few", -1, values(9, 100, 50), false, TooFew},
		{"signed", "0.4 σ above", +1, values(1000, 10, 50), true, Held},
		{"signed", "0.1 σ above", +1, values(1000, -5, 50), true, Weakened},
		{"signed", "like everybody, many", +1, values(1000, -10, 50), false, Gone},
		{"signed", "like everybody, few", +1, values(20, -10, 50), false, TooFew},
		{"signed", "0.4 σ below", -1, values(1000, -30, 50), true, Held},
		{"signed", "down: like everybody, many", -1, values(1000, -10, 50), false, Gone},
		{"signed", "down: like everybody, few", -1, values(20, -10, 50), false, TooFew},
	} {
		meter := &sample.Meter{Metric: metric.Metric{Den: -1, Binary: c.metric == "rate"}, Binary: c.metric == "rate", Kurtosis: 3, Signed: c.metric == "signed"}
		config := Default()
		f := &finder{c: config, t: meter, odds: rational(config.Odds), lift: rational(config.Lift), hasLift: c.metric != "signed"}
		all := everybody[c.metric]
		f.overall, f.level = meter.Sample(all), meter.ValueOf(all)
		if got := f.verdict(c.direction, c.x, c.seen); got != c.want {
			t.Errorf("%s: %s: %s, want %s", c.metric, c.name, got, c.want)
		}
	}
}
