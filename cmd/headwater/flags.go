package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// jobFlags are the flags of one command that runs a job. Each function below
// adds one group of them and binds it to the config.
type jobFlags struct {
	config    coordinator.Config
	roles     []string
	bins      []string
	nulls     []string
	known     []string
	quiet     bool
	verbose   bool
	directory string // temporary files
}

func (j *jobFlags) input(f *pflag.FlagSet) {
	in := &j.config.Input
	f.StringArrayVarP(&in.Inputs, "input", "i", nil, "file, glob, folder, or - for stdin; CSV, Parquet or Arrow IPC; may be repeated")
	f.StringVar((*string)(&in.Format), "format", "", "csv, parquet or arrow (default: by name and content)")
	f.StringVar(&in.Delimiter, "delimiter", "", "CSV: field separator (default: detected)")
	f.StringVar(&in.Quote, "quote", "", `CSV: quote character, or "none" (default: detected)`)
	f.StringVar(&in.Header, "header", "", "CSV: yes or no (default: detected)")
	f.StringVar(&in.Encoding, "encoding", "", "CSV: text encoding, for example gb18030 (default: utf-8)")
	f.StringArrayVar(&j.nulls, "null", nil, `CSV: a spelling of missing; may be repeated (default: empty, NA, NULL, null, NaN)`)
	f.StringVar(&j.directory, "temp-dir", "", "folder for temporary files (default: the system's)")
}

func (j *jobFlags) metric(f *pflag.FlagSet) {
	f.StringArrayVarP(&j.config.Metrics, "metric", "m", nil, `what to explain: column=value, column, or column/column; " as name" renames it; may be repeated`)
	f.StringVar(&j.config.Weight, "weight", "", "column that weighs every row")
}

func (j *jobFlags) features(f *pflag.FlagSet) {
	c := &j.config
	f.StringSliceVar(&c.Features, "features", nil, "use only these columns, comma-separated")
	f.StringSliceVarP(&c.Exclude, "exclude", "x", nil, "never use these columns, comma-separated")
	f.StringSliceVar(&c.Keep, "keep", nil, "use these columns even if they give the metric away")
	f.StringSliceVar(&c.Context, "context", nil, "columns that describe the contact and not the customer, comma-separated: kept out of groups and segments")
	f.StringSliceVar(&c.Lever, "lever", nil, "columns that the business can change, comma-separated: kept out as well, shown per segment and finding")
	f.StringArrayVar(&j.roles, "role", nil, "column=id|feature|context|lever|metric|ignore; may be repeated")
	f.StringArrayVar(&j.bins, "bins", nil, "column:width=10, column:cuts=18,30,65 or column:levels=8; may be repeated")
	f.StringVar(&c.AsOf, "as-of", "", "date from which ages of dates count (default: the latest date in the table)")
}

func (j *jobFlags) minimum(f *pflag.FlagSet) {
	f.Float64Var(&j.config.MinShare, "min-share", 0.01, "smallest group, as a share of the customers")
	f.Int64Var(&j.config.MinCount, "min-count", 0, "smallest group, in customers (replaces the default --min-share)")
}

// searchUpTo adds what is searched and ranked; maxShare is the default for the
// largest group in the top list.
func (j *jobFlags) searchUpTo(maxShare float64) func(*pflag.FlagSet) {
	c := &j.config
	return func(f *pflag.FlagSet) {
		f.IntVarP(&c.Order, "order", "L", 3, "longest combination of features, 1 to 6")
		f.IntVar(&c.Top, "top", 50, "groups in the top list of each metric")
		f.StringVar(&c.By, "by", "excess", "what ranks the top list: excess, lift, wracc, binomial, chi2 or sliceline")
		f.Float64Var(&c.Alpha, "alpha", 0.95, "sliceline: weight of the error against the group's size")
		f.Float64Var(&c.MaxShare, "max-share", maxShare, "largest group in the top list, as a share of the customers")
		f.StringVar(&c.Direction, "direction", "both", "up, down or both: groups above or below the average")
	}
}

// evidence adds what makes a group a finding.
func (j *jobFlags) evidence(f *pflag.FlagSet) {
	e := &j.config.Evidence
	*e = evidence.Default()
	f.StringArrayVar(&j.known, "known", nil, `a rule the business knows, "poutcome=success", or a YAML file that lists some; may be repeated`)
	f.Float64Var(&e.Value, "value", 0, "what one unit of the metric is worth, in money")
	f.Float64Var(&e.Cost, "cost", 0, "what treating one customer costs, in money")
	f.Int64Var(&e.MinCount, "finding-count", e.MinCount, "smallest finding, in customers that it is found on")
	f.Float64Var(&e.Odds, "min-odds", e.Odds, "yes/no: least odds ratio of a finding against all others (or its inverse)")
	f.Float64Var(&e.Lift, "min-lift", e.Lift, "numbers: least lift of a finding (or its inverse)")
	f.Float64Var(&e.Sigma, "min-sigma", e.Sigma, "numbers without lift: least distance of a finding from the mean, in standard deviations")
	f.Float64Var(&e.Z, "parent-z", e.Z, "least z of a finding against each shorter rule's other customers")
	f.Float64Var(&e.Gain, "parent-gain", e.Gain, "least odds ratio, or ratio of means, against these")
	f.Float64Var(&e.GainSigma, "parent-sigma", e.GainSigma, "numbers without lift: least distance from these, in standard deviations")
	f.Float64Var(&e.Same, "same", e.Same, "overlap (Jaccard) from which two rules are of the same customers")
	f.Float64Var(&e.Overlap, "max-overlap", e.Overlap, "part of a finding that one before it may cover")
	f.IntVar(&e.Candidates, "candidates", e.Candidates, "groups, best first, that are thinned to those taken to confirmation")
	f.Float64Var(&e.Largest, "heavy", e.Largest, "numbers: flag findings of which one customer brings more than this share")
	f.Float64Var(&e.FDR, "fdr", e.FDR, "false discovery rate on the customers held back")
}

func (j *jobFlags) every(f *pflag.FlagSet) {
	f.BoolVar(&j.config.All, "all", false, "write every group to groups.parquet, not the top ones alone")
}

func (j *jobFlags) segments(f *pflag.FlagSet) {
	c := &j.config
	f.IntVar(&c.K, "k", 0, "number of segments (default: chosen between --k-min and --k-max)")
	f.IntVar(&c.KMin, "k-min", 6, "fewest segments")
	f.IntVar(&c.KMax, "k-max", 10, "most segments")
	f.Float64Var(&c.Lambda, "lambda", 0, "weight of the metric against the profile when segments are merged, up to 1 (default: 0.5, more where the metric is hard to predict)")
	f.StringSliceVar(&c.Cross, "cross", nil, "features to cross, up to 14, comma-separated (default: chosen by what they add on held-out customers)")
}

func (j *jobFlags) out(f *pflag.FlagSet) {
	c := &j.config
	f.StringVarP(&c.Out, "out", "o", "", "folder for the results, or s3://BUCKET/PREFIX/")
	f.BoolVar(&c.Force, "force", false, "replace the results of an earlier job in the out folder")
	f.StringVar(&c.Lang, "lang", "en", "language of report.html: en or zh")
	f.BoolVar(&c.BOM, "bom", false, "begin CSV files with a byte order mark, for Excel")
}

func (j *jobFlags) engine(f *pflag.FlagSet) {
	c := &j.config
	f.IntVarP(&c.Workers, "workers", "w", 0, "local workers (default: the cores); with --nats: workers to wait for")
	f.StringVar(&c.NATS, "nats", "", "use the workers at this NATS server instead of local ones, nats://host:4222")
	f.DurationVar(&c.Wait, "wait", 30*time.Second, "how long to wait for workers at --nats; the job begins with fewer than --workers, but not with none")
	f.BoolVar(&c.Ship, "ship", false, "send the table to the workers even if they could open the files")
	f.Int64Var(&c.ShardRows, "shard-rows", 0, "rows in a shard (default: chosen; results do not depend on it)")
	f.Uint64Var(&c.Seed, "seed", 1, "seed of every random choice")
	f.BoolVarP(&j.quiet, "quiet", "q", false, "no progress and no summary")
	f.BoolVarP(&j.verbose, "verbose", "v", false, "log what the engine does")
}

// defaults sets what commands without the flags still validate.
func (j *jobFlags) defaults() {
	c := &j.config
	c.Order, c.Top, c.By, c.Alpha, c.Direction = 3, 50, "excess", 0.95, "both"
	c.KMin, c.KMax = 6, 10
	c.MinShare, c.MaxShare = 0.01, 1
	c.Evidence = evidence.Default()
}

// settle turns what the flags say into the config.
func (j *jobFlags) settle(cmd *cobra.Command) error {
	c := &j.config
	if cmd.Flags().Changed("min-count") && !cmd.Flags().Changed("min-share") {
		c.MinShare = 0
	}
	if !cmd.Flags().Changed("max-share") && c.MaxShare <= c.MinShare {
		c.MaxShare = 1 // the default limit would leave no group
	}
	if cmd.Flags().Changed("null") {
		c.Input.Nulls = j.nulls
	}
	c.Input.TempDir = j.directory
	var err error
	if c.Roles, err = pairs(j.roles, "=", "--role", "column=feature"); err != nil {
		return usage(cmd, err)
	}
	if c.Bins, err = pairs(j.bins, ":", "--bins", "age:width=10"); err != nil {
		return usage(cmd, err)
	}
	if err := j.settleEvidence(cmd); err != nil {
		return usage(cmd, err)
	}
	c.Version = version
	if err := c.Validate(); err != nil {
		return usage(cmd, err)
	}
	return nil
}

// pairs reads "column<separator>value" items; the last separator splits, as
// column names may hold it.
func pairs(items []string, separator, flag, example string) (map[string]string, error) {
	m := make(map[string]string, len(items))
	for _, item := range items {
		i := strings.LastIndex(item, separator)
		if i <= 0 || i == len(item)-1 {
			return nil, &flagError{flag, item, example}
		}
		m[item[:i]] = item[i+1:]
	}
	return m, nil
}

type flagError struct{ flag, value, example string }

func (e *flagError) Error() string {
	return e.flag + " " + e.value + ": write it like " + e.flag + " " + e.example
}
