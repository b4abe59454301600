package recheck

import (
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

func figures(mean, low, high, lift float64) Figures {
	f := Figures{Known: 1000, Mean: &mean, Low: &low, High: &high}
	if lift != 0 {
		f.Lift = &lift
	}
	return f
}

// One segment of each kind, of a metric whose mean was 10 and is 20.
func TestJudge(t *testing.T) {
	then, now, below := 10.0, 20.0, -20.0
	up, down, level := figures(15, 14, 16, 1.5), figures(5, 4, 6, 0.5), figures(10.5, 9, 12, 1.05)
	for _, c := range []struct {
		name      string
		was, is   Figures
		now       *float64
		direction string
		verdict   evidence.Verdict
	}{
		{"above, still", up, figures(22, 21, 23, 1.1), &now, Up, evidence.Held},
		{"above, hardly", up, figures(21, 19, 23, 1.05), &now, Up, evidence.Weakened},
		{"above, not any more", up, figures(19, 17, 21, 0.95), &now, Up, evidence.Gone},
		{"above, now below", up, figures(15, 14, 16, 0.75), &now, Up, evidence.Gone},
		{"above, could be either", up, figures(25, 15, 35, 1.25), &now, Up, evidence.TooFew}, // 30 would be the old lift
		{"above, nobody left", up, Figures{}, &now, Up, evidence.TooFew},
		{"above, one left", up, Figures{Known: 1, Mean: &now}, &now, Up, evidence.TooFew},
		{"below, still", down, figures(18, 17, 19, 0.9), &now, Down, evidence.Held},
		{"below, hardly", down, figures(19, 17, 21, 0.95), &now, Down, evidence.Weakened},
		{"below, not any more", down, figures(21, 19, 23, 1.05), &now, Down, evidence.Gone},
		{"below, could be either", down, figures(15, 9, 21, 0.75), &now, Down, evidence.TooFew}, // 10 would be the old lift
		{"average, still", level, figures(21, 19, 23, 1.05), &now, Average, evidence.Held},
		{"average, now above", level, figures(30, 28, 32, 1.5), &now, Average, evidence.Gone},
		{"average, nobody left", level, Figures{}, &now, Average, evidence.TooFew},
		{"no lift: the distance counts", figures(15, 14, 16, 0), figures(-18, -22, -14, 0), &below, Up, evidence.TooFew}, // −15 is the old distance
		{"no lift, far from the distance", figures(15, 14, 16, 0), figures(-19, -21, -17, 0), &below, Up, evidence.Weakened},
		{"a ratio has no interval", Figures{Known: 9, Mean: &then}, Figures{Known: 9, Mean: &now}, &now, "", ""},
	} {
		x := SegmentMetric{Then: c.was, Now: c.is}
		x.Judge(&then, c.now)
		if x.Direction != c.direction || x.Verdict != c.verdict {
			t.Errorf("%s: %q %q, want %q %q", c.name, x.Direction, x.Verdict, c.direction, c.verdict)
		}
	}
}

func TestThenFigures(t *testing.T) {
	overall := 10.0
	if f := ThenFigures(figures(15, 14, 16, 1.5), metric.Metric{Den: -1}, &overall); f.Excess == nil || *f.Excess != 5000 {
		t.Errorf("excess %v", f.Excess)
	}
	if f := ThenFigures(figures(15, 14, 16, 1.5), metric.Metric{Den: 1}, &overall); f.Excess != nil {
		t.Errorf("the excess of a ratio cannot be told from its mean: %v", *f.Excess)
	}
}
