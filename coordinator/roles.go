package coordinator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// declared is the role that each flag gives to a column, or to a feature of a
// date column; every conflict is reported.
func (j *job) declared(specs []metric.Spec) (map[string]feature.Role, error) {
	found := map[string]feature.Role{}
	var errs []error
	for _, column := range slices.Sorted(maps.Keys(j.Roles)) {
		found[column] = feature.Role(j.Roles[column])
	}
	for _, list := range []struct {
		role  feature.Role
		names []string
	}{{feature.Context, j.Context}, {feature.Lever, j.Lever}} {
		for _, name := range list.names {
			if before, ok := found[name]; ok && before != list.role {
				errs = append(errs, fmt.Errorf("--%s %s: it is also said to be %s; a column has one role", list.role, name, before))
			}
			found[name] = list.role
		}
	}
	metrics := metric.Columns(specs, j.Weight)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		role := found[name]
		if role != feature.Context && role != feature.Lever {
			continue
		}
		switch {
		case slices.Contains(metrics, name):
			errs = append(errs, fmt.Errorf("--%s %s: a metric or the weight reads this column, so that it would explain itself", role, name))
		case slices.Contains(j.Exclude, name):
			errs = append(errs, fmt.Errorf("--%s %s: --exclude takes the column out; give one of them", role, name))
		case slices.Contains(j.Cross, name):
			errs = append(errs, fmt.Errorf("--cross %s: it is said to be %s, and segments are made of traits", name, role))
		}
	}
	return found, errors.Join(errs...)
}

// assignRoles finds the role of every feature: that of its own name, else that
// of its column.
func (j *job) assignRoles() error {
	j.roles = make([]feature.Role, len(j.plan.Features))
	for i, f := range j.plan.Features {
		j.roles[i] = feature.Feature
		for _, name := range []string{f.Column, f.Name} {
			if r, ok := j.given[name]; ok && r.Carried() {
				j.roles[i] = r
			}
		}
	}
	// A name that is no column is a date's feature, which may not have been made.
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(j.given)) {
		known := slices.ContainsFunc(j.decided.Columns, func(c feature.Column) bool { return c.Name == name }) ||
			slices.ContainsFunc(j.plan.Features, func(f encoder.Feature) bool { return f.Name == name })
		if !known {
			errs = append(errs, fmt.Errorf("--%s: %w", j.given[name], j.noFeature(name)))
		}
	}
	return errors.Join(errs...)
}

// allow decides which features make groups and segments: traits that do not
// give the metric away.
func (j *job) allow() error {
	traits := 0
	for i, r := range j.findings.Ranking {
		trait := j.roles[i] == feature.Feature
		if trait {
			traits++
		}
		if r.LeftOut == "" {
			if trait {
				j.allowed = append(j.allowed, i)
			}
		} else {
			j.notice("LEFT OUT: %s", r.LeftOut)
		}
		for _, w := range r.Warnings {
			j.notice("%s", w)
		}
	}
	switch {
	case len(j.allowed) > 0:
		j.suggestContext()
	case traits > 0:
		return errors.New("every feature gives the metric away: keep some with --keep, or name a metric that is not a form of the others")
	case j.Search || j.Segment || j.KMeans != nil:
		return errors.New("every feature is context or a lever, and groups, segments and clusters are made of traits of the customer: take some out of --context and --lever")
	}
	return nil
}

// suggestContext points out the columns whose names look like context and that
// nobody has given a role.
func (j *job) suggestContext() {
	var names []string
	for _, f := range j.doubtful() {
		if c := j.plan.Features[f].Column; !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	if len(names) == 0 {
		return
	}
	j.notice("%s %s like context by name (about the contact, not about the customer): if so, --context %s; if not, --role %s=feature",
		strings.Join(names, ", "), plural(len(names), "looks", "look"), strings.Join(names, ","), names[0])
}

// doubtful are the features that make groups and segments although their names
// look like context; a role that was given settles it.
func (j *job) doubtful() []int {
	var found []int
	for _, i := range j.allowed {
		f := &j.plan.Features[i]
		_, column := j.given[f.Column]
		_, own := j.given[f.Name]
		if !column && !own && roles.LooksLikeContext(f.Column) {
			found = append(found, i)
		}
	}
	return found
}
