package feature

import (
	"fmt"
	"time"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// dates makes up to three features of a date column: age in days, month, weekday.
func (d *decider) dates(c *partial.Column, out *Column) (reason string, err error) {
	days, ok := c.Days()
	if !ok || len(days) == 0 {
		return "its dates spread over more than 65,536 days", nil
	}
	asOf, by := int64(days[len(days)-1].Value), "the latest date"
	if d.options.AsOf != "" {
		t, err := time.Parse(time.DateOnly, d.options.AsOf)
		if err != nil {
			return "", fmt.Errorf("as-of date: %w", err)
		}
		asOf, by = encoder.DayNumber(t.Year(), int(t.Month()), t.Day()), "as given"
	}
	date := time.Unix(asOf*86400, 0).UTC().Format(time.DateOnly)

	ages := make([]partial.ValueCount, len(days))
	var months [12]int64
	var weekdays [7]int64
	for i, v := range days {
		ages[len(ages)-1-i] = partial.ValueCount{Value: float64(asOf) - v.Value, N: v.N}
		months[encoder.MonthOf(int64(v.Value))-1] += v.N
		weekdays[encoder.WeekdayOf(int64(v.Value))] += v.N
	}
	if len(ages) > 1 {
		levels, _, ok, err := d.cut(c, newDistribution(exactBins(ages), true, true), d.options.Bins[c.Name])
		if err != nil || !ok {
			return "", err
		}
		d.add(out, encoder.Feature{Name: c.Name + ".age", Column: c.Name, Part: encoder.AgeDays, AsOf: date, Kind: encoder.Range, Levels: levels})
	}
	d.part(out, encoder.Month, encoder.MonthNames[:], months[:])
	d.part(out, encoder.Weekday, encoder.WeekdayNames[:], weekdays[:])
	return fmt.Sprintf("age in days on %s (%s), month, weekday", date, by), nil
}

// part makes a feature of the months or weekdays that occur, if more than one does.
func (d *decider) part(out *Column, part string, names []string, n []int64) {
	f := encoder.Feature{Name: out.Name + "." + part, Column: out.Name, Part: part, Kind: encoder.Category}
	for i, name := range names {
		if n[i] > 0 {
			f.Levels = append(f.Levels, encoder.Level{Name: name, Value: name})
		}
	}
	if len(f.Levels) > 1 {
		d.add(out, f)
	}
}
