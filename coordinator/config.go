// Package coordinator joins the stages of a job: profile, encode, search,
// merge, explain, export. It decides; workers count.
package coordinator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/kmeans"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Config is everything a job can be told. Flags and keys of a job file have
// the same names.
type Config struct {
	Input source.Spec

	// What to do beyond profiling the table.
	Search  bool // find groups
	Segment bool // merge into segments and assign every customer

	KMeans *kmeans.Config // cluster instead; nil = do not

	// What to explain.
	Metrics []string // "y=yes", "balance", "claims/exposure", each with " as name"
	Weight  string   // column that weighs the rows; "" = none

	// Which columns are features, and how they are binned.
	Features []string          // only these; nil = all that qualify
	Exclude  []string          // never these
	Keep     []string          // these even if they leak
	Roles    map[string]string // column → id, feature, context, lever, metric or ignore
	Context  []string          // columns that describe the contact and not the customer
	Lever    []string          // columns that the business can change
	Bins     map[string]string // column → "width=10", "cuts=18,30,65" or "levels=8"
	AsOf     string            // date from which ages count; "" = the latest date

	// Which groups.
	Order     int     // longest conjunction, 1..6
	MinShare  float64 // of the customers; 0 = by MinCount alone
	MinCount  int64   // customers
	MaxShare  float64 // of the customers: larger groups are counted, but not ranked
	Top       int     // groups in top.csv for each metric
	All       bool    // list every group in groups.parquet, not the top ones alone
	Best      bool    // find the top groups alone: no findings, and the rest is not counted
	By        string  // one of search.Measures
	Alpha     float64 // of the measure sliceline
	Direction string  // up, down or both

	// Which groups are findings. Direction and MaxShare are as above, the latter
	// with a default of its own.
	Evidence evidence.Config

	// Which segments.
	KMin, KMax, K int
	Lambda        float64  // 0 = chosen, see merge.Config
	Cross         []string // crossed features; nil = chosen

	// Where it goes.
	Out   string
	Force bool
	BOM   bool
	Lang  string // of report.html: en or zh; "" = en

	// How it runs.
	NATS      string // "" = embedded server and local workers
	Workers   int    // local workers, 0 = cores; or those at NATS to wait for, 0 = one
	Wait      time.Duration
	Ship      bool
	ShardRows int64 // 0 = chosen
	Seed      uint64

	// What the process around the job provides.
	Version  string
	Local    func(ctx context.Context, conn *wire.Conn, slots int) error // starts local workers
	Opener   source.Opener
	Log      *slog.Logger
	Stage    func(name string)     // a stage begins
	Progress func(engine.Progress) // of the running op
	Notice   func(string)          // a line for the user, as it becomes known
}

// maxSegments bounds the number of segments.
const maxSegments = 200

// Validate reports every problem at once.
func (c *Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Input.Inputs) == 0 {
		problem("no input: name a file with --input")
	}
	if (c.Search || c.Segment) && len(c.Metrics) == 0 {
		problem("no metric: say what to explain with --metric, for example --metric converted=yes")
	}
	if (c.Search || c.Segment || c.KMeans != nil) && c.Out == "" {
		problem("no out folder: name one with --out")
	}
	if c.Order < 1 || c.Order > 6 {
		problem("--order %d is not between 1 and 6", c.Order)
	}
	if !(c.MinShare >= 0 && c.MinShare < 1) {
		problem("--min-share %v is not between 0 and 1", c.MinShare)
	}
	if !(c.MaxShare > c.MinShare && c.MaxShare <= 1) {
		problem("--max-share %v is not above --min-share %v and at most 1", c.MaxShare, c.MinShare)
	}
	if c.MinCount < 0 {
		problem("--min-count %d is negative", c.MinCount)
	}
	if c.Top < 1 {
		problem("--top %d is less than 1", c.Top)
	}
	if !slices.Contains(search.Measures, search.By(c.By)) {
		problem("--by %q is not one of %v", c.By, search.Measures)
	}
	if !(c.Alpha > 0 && c.Alpha <= 1) {
		problem("--alpha %v does not lie above 0 and at most at 1", c.Alpha)
	}
	if !slices.Contains([]string{"up", "down", "both"}, c.Direction) {
		problem("--direction %q is not one of up, down, both", c.Direction)
	}
	if c.Search {
		errs = append(errs, c.Evidence.Validate())
	}
	if c.KMeans != nil {
		errs = append(errs, c.KMeans.Validate())
	}
	errs = append(errs, c.CheckSegments())
	if !(c.Lambda >= 0 && c.Lambda <= 1) {
		problem("--lambda %v is not between 0 and 1", c.Lambda)
	}
	if c.Workers < 0 {
		problem("--workers %d is negative", c.Workers)
	}
	if c.ShardRows < 0 {
		problem("--shard-rows %d is negative", c.ShardRows)
	}
	if c.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, c.AsOf); err != nil {
			problem("--as-of %q is not a date like 2026-07-31", c.AsOf)
		}
	}
	for _, column := range slices.Sorted(maps.Keys(c.Roles)) {
		role := c.Roles[column]
		if !slices.Contains([]string{"id", "feature", "context", "lever", "metric", "ignore"}, role) {
			problem("--role %s=%s: a role is id, feature, context, lever, metric or ignore", column, role)
		}
	}
	return errors.Join(errs...)
}

// CheckSegments reports what is wrong with the number of segments and the
// language of the report: all that Recut is told.
func (c *Config) CheckSegments() error {
	var errs []error
	if c.K < 0 || c.K > maxSegments || c.KMin < 1 || c.KMax < c.KMin || c.KMax > maxSegments {
		errs = append(errs, fmt.Errorf("the number of segments is from 1 to %d, and --k-min is at most --k-max: --k %d, --k-min %d, --k-max %d", maxSegments, c.K, c.KMin, c.KMax))
	}
	if c.Lang != "" && !slices.Contains(report.Languages, c.Lang) {
		errs = append(errs, fmt.Errorf("--lang %q is not one of %s", c.Lang, strings.Join(report.Languages, ", ")))
	}
	return errors.Join(errs...)
}
