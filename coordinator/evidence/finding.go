// Package evidence decides which groups stand up: found on some customers,
// checked on others, better than every part of their rule, and more than chance
// among so many tried.
package evidence

import (
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Finding is a group that stood up.
type Finding struct {
	Rank      int         `json:"rank"`   // from 1 within its metric, by shrunken excess on discovery
	Metric    string      `json:"metric"` // its name
	Group     string      `json:"group"`  // "age=60+ & contact=cellular"
	Items     []wire.Item `json:"items"`
	Direction string      `json:"direction"` // "up" or "down"

	All          Figures `json:"all"`          // on all customers
	Discovery    Figures `json:"discovery"`    // on those it was found on
	Confirmation Figures `json:"confirmation"` // on the others: what to believe

	P float64 `json:"p"` // two-sided, on confirmation, against the customers outside the group
	Q float64 `json:"q"` // Benjamini–Hochberg over the groups taken to confirmation

	Steps  []Step  `json:"steps"`  // from all customers to the group, item by item: the waterfall
	Parent *Parent `json:"parent"` // the best shorter rule; nil for order 1

	Status      string  `json:"status"`            // "new", "derived" or "confirmed" (known to the user)
	Unexplained float64 `json:"unexplained"`       // part of the excess that main effects and known rules do not explain, 0 to 1
	Covered     float64 `json:"covered"`           // largest Jaccard overlap with a finding ranked above
	Heavy       bool    `json:"heavy,omitempty"`   // Largest is above Config.Largest: the figure rests on one customer
	Largest     float64 `json:"largest,omitempty"` // share of the group's sum that its largest customer brings; numbers only

	Shares []persona.Trait `json:"shares,omitempty"`  // what its customers have more often than all, beside the rule; of the first findings
	ByTime *ByTime         `json:"by_time,omitempty"` // nil where no column tells when

	Segments []InSegment `json:"segments,omitempty"` // where its customers are, the most first; only of a job that makes segments too

	Money *Money `json:"money,omitempty"` // with --value or --cost
	SQL   string `json:"sql"`             // a condition on the source's columns
}

// Figures are a group's figures on one part of the customers; what is not
// defined is nil.
type Figures struct {
	N      int64    `json:"n"`
	Known  int64    `json:"known"` // customers on which the metric is known
	Share  float64  `json:"share"` // of the part's customers
	Mean   *float64 `json:"mean"`
	Low    *float64 `json:"low"` // 95 % interval of Mean
	High   *float64 `json:"high"`
	Lift   *float64 `json:"lift"`
	Excess *float64 `json:"excess"`

	// Quantile is how many standard errors Low and High stand off; 0 where they
	// are Wilson's.
	Quantile float64 `json:"-"`

	// Winsorised are the figures of a number with its largest values taken for
	// smaller ones; they, and not those above, are what Low and High, the tests
	// and the ranking are about. nil where nothing is taken for less.
	Winsorised *Winsorised `json:"winsorised,omitempty"`
}

// Winsorised are figures that no single large value can move far.
type Winsorised struct {
	Mean   *float64 `json:"mean"`
	Lift   *float64 `json:"lift"`
	Excess *float64 `json:"excess"`
}

// Step is one bar of the waterfall: the rule so far.
type Step struct {
	Item  *wire.Item `json:"item"`  // added; nil for all customers
	Group string     `json:"group"` // the rule so far
	N     int64      `json:"n"`
	Mean  *float64   `json:"mean"` // on confirmation
}

// Parent compares a finding with the best of the rules that lack one of its
// items, on confirmation.
type Parent struct {
	Group string   `json:"group"`
	N     int64    `json:"n"`
	Mean  *float64 `json:"mean"`
	Gain  *float64 `json:"gain"` // mean of the finding over that of the parent's other customers
	P     float64  `json:"p"`
	Q     float64  `json:"q"`
}

// Money is what treating the group is worth.
type Money struct {
	Profit    float64 `json:"profit"`     // expected of treating every customer of the group once
	BreakEven float64 `json:"break_even"` // mean at which value pays the cost
	PerArm    int64   `json:"per_arm"`    // customers in each arm of a test that would prove the lift, power 80 %
}

// Trust says how the findings came about.
type Trust struct {
	Metric       string   `json:"metric"`
	Direction    string   `json:"direction"`
	Discovery    int64    `json:"discovery"`           // customers
	Confirmation int64    `json:"confirmation"`        // customers
	Tried        int      `json:"tried"`               // groups counted
	Gated        int      `json:"gated"`               // passed the gate on discovery
	Distinct     int      `json:"distinct"`            // beat every parent and are no copies: taken to confirmation
	Confirmed    int      `json:"confirmed"`           // held on the others
	Chance       float64  `json:"chance"`              // of those taken, expected to pass by chance alone at most
	ClipLow      *float64 `json:"clip_low,omitempty"`  // winsorised values: lower ones are taken for this
	ClipHigh     *float64 `json:"clip_high,omitempty"` // winsorised values: higher ones are taken for this
	Top          []Share  `json:"top"`                 // concentration: share of customers, share of the metric

	Curve [][]wire.Item `json:"-"` // the group that each point of Top adds; the last point, of all customers, has none
}

// Share is one point of the concentration curve: the customers of the best
// groups and the part of the metric they hold.
type Share struct {
	Customers float64 `json:"customers"`
	Metric    float64 `json:"metric"`
}
