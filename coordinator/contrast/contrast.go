// Package contrast finds the groups that differ most between two sides: two
// periods, channels or arms. A group's share of the customers may differ (the
// mix), or what a metric does on it (a change, beyond that of everybody else).
package contrast

import "github.com/headwater-dev/headwater/worker/wire"

// Result is what differs between A and B, and holds on customers that it was
// not found on.
type Result struct {
	By      string   `json:"by"` // the column whose values are the sides; "" = files
	A       Side     `json:"a"`
	B       Side     `json:"b"`
	Neither int64    `json:"neither"` // customers on neither side, which are left out
	Metrics []Metric `json:"metrics"`
	Mix     Mix      `json:"mix"`
}

// Side is one of the two.
type Side struct {
	Name         string `json:"name"`
	N            int64  `json:"n"` // customers
	Discovery    int64  `json:"discovery"`
	Confirmation int64  `json:"confirmation"`
	SQL          string `json:"sql,omitempty"` // a condition on the source's columns; "" of files
}

// Metric is where one metric changed.
type Metric struct {
	Metric       string   `json:"metric"` // its name
	All          Means    `json:"all"`    // on all customers of either side
	Discovery    Means    `json:"discovery"`
	Confirmation Means    `json:"confirmation"`
	Changes      []Change `json:"changes"`
	Trust        Trust    `json:"trust"`
	ClipLow      *float64 `json:"clip_low,omitempty"`  // winsorised values: lower ones are taken for this
	ClipHigh     *float64 `json:"clip_high,omitempty"` // winsorised values: higher ones are taken for this
}

// Change is a group on which a metric changed otherwise than on all others.
type Change struct {
	Rank      int         `json:"rank"` // from 1 within its metric, by shrunken excess on discovery
	Group     string      `json:"group"`
	Items     []wire.Item `json:"items"`
	Direction string      `json:"direction"` // "up" or "down", beyond the change of all others

	All          Means `json:"all"`
	Discovery    Means `json:"discovery"`
	Confirmation Means `json:"confirmation"` // what to believe

	P float64 `json:"p"` // two-sided, on confirmation, against the change of all others
	Q float64 `json:"q"` // Benjamini–Hochberg over the groups taken to confirmation

	Parent  *Parent `json:"parent"`  // the shorter rule that comes closest; nil for order 1
	Covered float64 `json:"covered"` // largest Jaccard overlap with a change ranked above
	SQL     string  `json:"sql"`     // a condition on the source's columns
}

// Means are a metric on either side of a group, on one part of the customers;
// what is not defined is nil.
type Means struct {
	A          int64       `json:"n_a"` // customers on which the metric is known
	B          int64       `json:"n_b"`
	MeanA      *float64    `json:"mean_a"`
	MeanB      *float64    `json:"mean_b"`
	Change     *float64    `json:"change"` // MeanB − MeanA
	Low        *float64    `json:"low"`    // 95 % interval of Change
	High       *float64    `json:"high"`
	Beyond     *float64    `json:"beyond"`               // Change − that of all customers
	Excess     *float64    `json:"excess"`               // Beyond × the weight on B: what it amounts to, in the metric's unit
	Winsorised *Winsorised `json:"winsorised,omitempty"` // what Low, High and the tests are of; nil where nothing is taken for less
}

// Winsorised are figures that no single large value can move far.
type Winsorised struct {
	MeanA  *float64 `json:"mean_a"`
	MeanB  *float64 `json:"mean_b"`
	Change *float64 `json:"change"`
	Beyond *float64 `json:"beyond"`
	Excess *float64 `json:"excess"`
}

// Parent compares a change with that on the other customers of a shorter rule,
// on confirmation.
type Parent struct {
	Group  string   `json:"group"`
	Change *float64 `json:"change"` // on the shorter rule's other customers
	P      float64  `json:"p"`
	Q      float64  `json:"q"`
}

// Mix is where the share of the customers changed.
type Mix struct {
	Shifts []Shift `json:"shifts"`
	Trust  Trust   `json:"trust"`
}

// Shift is a group that is a larger, or smaller, part of B than of A.
type Shift struct {
	Rank      int         `json:"rank"` // from 1, by shrunken excess on discovery
	Group     string      `json:"group"`
	Items     []wire.Item `json:"items"`
	Direction string      `json:"direction"` // "up": larger on B

	All          Shares `json:"all"`
	Discovery    Shares `json:"discovery"`
	Confirmation Shares `json:"confirmation"` // what to believe

	P       float64 `json:"p"` // two-sided, on confirmation
	Q       float64 `json:"q"`
	Parent  string  `json:"parent,omitempty"` // the shorter rule that comes closest
	ParentQ float64 `json:"parent_q"`         // against its other customers; 0 for order 1
	Covered float64 `json:"covered"`
	SQL     string  `json:"sql"`
}

// Shares are a group's on one part of the customers.
type Shares struct {
	A      int64    `json:"n_a"` // customers
	B      int64    `json:"n_b"`
	ShareA float64  `json:"share_a"` // of those of the side
	ShareB float64  `json:"share_b"`
	Change float64  `json:"change"` // ShareB − ShareA
	Low    float64  `json:"low"`    // 95 % interval of Change
	High   float64  `json:"high"`
	Ratio  *float64 `json:"ratio"`  // ShareB / ShareA; nil where nobody is on A
	Excess float64  `json:"excess"` // Change × the customers on B
}

// Trust says how differences came about.
type Trust struct {
	Tried     int     `json:"tried"`     // groups counted
	Gated     int     `json:"gated"`     // stood out on discovery
	Distinct  int     `json:"distinct"`  // say more than every shorter rule and are no copies: taken to confirmation
	Confirmed int     `json:"confirmed"` // held on the others
	Chance    float64 `json:"chance"`    // of these, expected to be false at most
}
