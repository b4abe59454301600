package report

import (
	"fmt"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// Of the segments that a finding lies in so many are named, unless hardly any of
// its customers are there.
const (
	mostSegments = 3
	leastShare   = 0.05
)

// overlaps says of each finding which segments its customers fall in.
func (f *Findings) overlaps(l length) section {
	s := section{title: "Findings within the segments"}
	for i := range f.Evidence.Findings {
		x := &f.Evidence.Findings[i]
		if len(x.Segments) == 0 || x.Rank > l.groups {
			continue
		}
		of := ""
		if len(f.Evidence.Trust) > 1 {
			of = " (" + x.Metric + ")"
		}
		s.say("%d %s%s: %s", x.Rank, x.Group, of, inSegments(x.Segments))
	}
	return s
}

// inSegments names the segments that hold most of a finding.
func inSegments(list []evidence.InSegment) string {
	var parts []string
	for i, in := range list {
		if i > 0 && (i == mostSegments || in.Share < leastShare) && len(list) > i+1 {
			rest := 0.0
			for _, other := range list[i:] {
				rest += other.Share
			}
			parts = append(parts, fmt.Sprintf("%s in %d others", percent(rest), len(list)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s in %d %s", percent(in.Share), in.Segment, in.Name))
	}
	return strings.Join(parts, "; ")
}
