package evidence

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/headwater-dev/headwater/worker/wire"
)

// Config holds every threshold between a group that was counted and a finding.
type Config struct {
	// The gate, on discovery.
	Direction string  `json:"direction"`     // up, down or both
	MaxShare  float64 `json:"max_share"`     // largest group, as a share of all customers
	MinCount  int64   `json:"finding_count"` // smallest group, in customers of discovery whose metric is known
	Odds      float64 `json:"min_odds"`      // yes/no: odds ratio against all others, or its inverse
	Lift      float64 `json:"min_lift"`      // numbers: mean over that of all customers, or its inverse
	Sigma     float64 `json:"min_sigma"`     // numbers that have no lift: distance from the mean of all, in standard deviations

	// Against every shorter rule, on discovery.
	Z         float64 `json:"parent_z"`     // normal deviate of the difference to the shorter rule's other customers
	Gain      float64 `json:"parent_gain"`  // yes/no: odds ratio to these; numbers: ratio of means
	GainSigma float64 `json:"parent_sigma"` // numbers that have no lift: distance, in standard deviations
	Same      float64 `json:"same"`         // Jaccard overlap from which two rules are of the same customers

	// Thinning, on discovery.
	Overlap    float64 `json:"max_overlap"` // part of a group that one before it may cover
	Candidates int     `json:"candidates"`  // that are thinned, the best first

	// On confirmation.
	FDR     float64 `json:"fdr"`     // false discovery rate, Benjamini–Hochberg
	Largest float64 `json:"largest"` // share of a group's sum that one customer may bring before the finding is flagged

	Known []string `json:"known,omitempty"` // rules that the user knows, as group names
	Value float64  `json:"value,omitempty"` // money that one unit of the metric is worth
	Cost  float64  `json:"cost,omitempty"`  // money that treating one customer costs
}

// Default returns the thresholds that hold unless the user says otherwise.
func Default() Config {
	return Config{
		Direction: "both",
		MaxShare:  0.05, MinCount: 100, // larger groups a business knows; of smaller ones too few are left to confirm
		Odds: 1.6, Lift: 1.5, Sigma: 0.25,
		Z: 3, Gain: 1.15, GainSigma: 0.1, Same: 0.95,
		Overlap: 0.5, Candidates: 300,
		FDR: 0.05, Largest: 0.2,
	}
}

// Validate reports every problem at once, in terms of the flags.
func (c *Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains([]string{"up", "down", "both"}, c.Direction) {
		problem("--direction %q is not one of up, down, both", c.Direction)
	}
	if c.MinCount < 2 {
		problem("--finding-count %d: fewer than 2 customers have no spread", c.MinCount)
	}
	for _, r := range []struct {
		flag  string
		value float64
	}{{"--min-odds", c.Odds}, {"--min-lift", c.Lift}, {"--parent-gain", c.Gain}} {
		if !(r.value >= 1 && r.value <= 1e6) {
			problem("%s %v is a ratio, from 1 on", r.flag, r.value)
		}
	}
	for _, r := range []struct {
		flag  string
		value float64
	}{{"--min-sigma", c.Sigma}, {"--parent-sigma", c.GainSigma}, {"--parent-z", c.Z}, {"--value", c.Value}, {"--cost", c.Cost}} {
		if !(r.value >= 0 && r.value <= 1e12) {
			problem("%s %v is negative, or not a number", r.flag, r.value)
		}
	}
	for _, r := range []struct {
		flag  string
		value float64
	}{{"--max-share", c.MaxShare}, {"--same", c.Same}, {"--max-overlap", c.Overlap}, {"--fdr", c.FDR}, {"--heavy", c.Largest}} {
		if !(r.value > 0 && r.value <= 1) {
			problem("%s %v is not above 0 and at most 1", r.flag, r.value)
		}
	}
	if c.Candidates < 1 || c.Candidates > 10_000 {
		problem("--candidates %d is not between 1 and 10000", c.Candidates)
	}
	return errors.Join(errs...)
}

// directions lists the wanted ones: +1 is up, −1 down.
func (c *Config) directions() []int {
	switch c.Direction {
	case "up":
		return []int{+1}
	case "down":
		return []int{-1}
	}
	return []int{+1, -1}
}

// rational reads a threshold as the decimal number that the user wrote.
func rational(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

// rule is a known rule.
type rule struct {
	name  string
	items []wire.Item
}
