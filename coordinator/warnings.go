package coordinator

import (
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// style names segments by traits of the customer, and last by levels that say
// how the data was recorded.
func (j *job) style() persona.Style {
	return persona.Style{Roles: j.roles, Weak: func(i wire.Item) bool { return j.artefacts[i] != "" }}
}

// warnOfContext says what the segments explain without the features whose names
// look like context, where they rest on any.
func (j *job) warnOfContext() {
	s := j.findings.Segments
	if s.R2.Undoubted == nil {
		return
	}
	var names, columns []string
	for _, f := range j.doubtful() {
		if slices.Contains(s.Crossed, f) {
			names = append(names, j.plan.Features[f].Name)
			if c := j.plan.Features[f].Column; !slices.Contains(columns, c) {
				columns = append(columns, c)
			}
		}
	}
	j.notice("the segments rest on %s, which %s like context: cells explain %.1f %% of the variance on customers held out, without %s %.1f %% (--context %s makes segments of traits alone)",
		strings.Join(names, ", "), plural(len(names), "looks", "look"), 100*s.R2.Cells.R2, plural(len(names), "it", "these"), 100*max(0, s.R2.Undoubted.R2), strings.Join(columns, ","))
}

// warnOfArtefacts points out the segments and findings that rest on levels
// which look like artefacts of recording; the report has them too.
func (j *job) warnOfArtefacts() {
	f := &j.findings
	segments, findings := map[wire.Item][]int{}, map[wire.Item][]string{}
	if f.Segments != nil {
		for s, segment := range f.Segments.Segments {
			for _, rule := range segment.Rules {
				for _, c := range rule.Conditions {
					codes, _ := merge.Written(&j.plan.Features[c.Feature], c.Codes)
					for _, code := range codes {
						item := wire.Item{Feature: c.Feature, Code: uint8(code)}
						if !slices.Contains(segments[item], s+1) {
							segments[item] = append(segments[item], s+1)
						}
					}
				}
			}
		}
	}
	if f.Evidence != nil {
		for i := range f.Evidence.Findings {
			x := &f.Evidence.Findings[i]
			for _, item := range x.Items {
				findings[item] = append(findings[item], x.Group)
			}
		}
	}
	for i := range j.plan.Features {
		for code := range j.plan.Features[i].Codes() {
			item := wire.Item{Feature: i, Code: uint8(code)}
			if why := j.artefacts[item]; why != "" && len(segments[item])+len(findings[item]) > 0 {
				f.Artefacts = append(f.Artefacts, roles.Artefact{
					Feature: i, Code: code, Level: search.Name(j.plan.Features, []wire.Item{item}), Why: why,
					Segments: segments[item], Findings: findings[item],
				})
			}
		}
	}
	if line := roles.Warning(f.Artefacts); line != "" && j.Notice != nil {
		j.Notice(line)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
