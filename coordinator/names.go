package coordinator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/source"
)

// checkNames reports, before the table is read, every column that the config
// names and the table lacks, each with the flag that names it.
func (j *job) checkNames(specs []metric.Spec) error {
	var all []string
	for _, c := range j.table.Columns {
		all = append(all, c.Name)
	}
	var errs []error
	check := func(where string, names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(all, name) {
				errs = append(errs, fmt.Errorf("%s: %w", where, &source.UnknownColumnError{Column: name, Nearest: source.Nearest(name, all)}))
			}
		}
	}
	for _, s := range specs {
		check(fmt.Sprintf("metric %q", s.Name), s.Column, s.Per)
	}
	check("--weight", j.Weight)
	if j.sides != nil {
		check("--split-by", j.sides.Column)
	}
	check("--features", j.Features...)
	check("--exclude", j.Exclude...)
	check("--role", slices.Sorted(maps.Keys(j.Roles))...)
	check("--bins", slices.Sorted(maps.Keys(j.Bins))...)
	// Features of dates are named after their column and a part of it.
	partly := func(name string) bool {
		i := strings.LastIndexByte(name, '.')
		return i > 0 && slices.Contains(all, name[:i])
	}
	check("--keep", slices.DeleteFunc(slices.Clone(j.Keep), partly)...)
	check("--cross", slices.DeleteFunc(slices.Clone(j.Cross), partly)...)
	check("--context", slices.DeleteFunc(slices.Clone(j.Context), partly)...)
	check("--lever", slices.DeleteFunc(slices.Clone(j.Lever), partly)...)
	return errors.Join(errs...)
}

// binnings reads how columns are to be cut.
func (j *job) binnings() (map[string]feature.Binning, error) {
	bins := make(map[string]feature.Binning, len(j.Bins))
	var errs []error
	for _, column := range slices.Sorted(maps.Keys(j.Bins)) {
		b, err := feature.ParseBinning(j.Bins[column])
		if err != nil {
			errs = append(errs, fmt.Errorf("--bins %s: %w", column, err))
		}
		bins[column] = b
	}
	return bins, errors.Join(errs...)
}

// crossed returns the features that the config wants crossed; nil = none named.
func (j *job) crossed() ([]int, error) {
	var found []int
	var errs []error
	for _, name := range j.Cross {
		before := len(found)
		for i, f := range j.plan.Features {
			if (f.Name == name || f.Column == name) && j.roles[i] == feature.Feature && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
		if len(found) == before {
			errs = append(errs, fmt.Errorf("--cross: %w", j.noFeature(name)))
		}
	}
	return found, errors.Join(errs...)
}

// noFeature says why no feature has a name.
func (j *job) noFeature(name string) error {
	for _, c := range j.decided.Columns {
		if c.Name == name && !c.Role.Carried() {
			return fmt.Errorf("column %q is no feature (%s: %s)", name, c.Role, c.Reason)
		}
	}
	var known []string
	for i, f := range j.plan.Features {
		if f.Name == name || f.Column == name {
			if role := j.roles[i]; role != feature.Feature {
				return fmt.Errorf("%q is said to be %s, and segments are made of traits", name, role)
			}
			return fmt.Errorf("feature %q is named twice", name)
		}
		known = append(known, f.Name)
	}
	return &source.UnknownColumnError{Column: name, Nearest: source.Nearest(name, known)}
}
