package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// place adds where the outputs of a command without a report go.
func (j *jobFlags) place(f *pflag.FlagSet) {
	c := &j.config
	f.StringVarP(&c.Out, "out", "o", "", "folder for the results, or s3://BUCKET/PREFIX/")
	f.BoolVar(&c.Force, "force", false, "replace the results of an earlier job in the out folder")
	f.BoolVar(&c.BOM, "bom", false, "begin CSV files with a byte order mark, for Excel")
}

// apply settles the flags and lets do run, with progress.
func (j *jobFlags) apply(cmd *cobra.Command, do func() error) error {
	if err := j.settle(cmd); err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	j.connect(stderr)
	if !j.quiet {
		p := newProgress(stderr)
		defer p.done()
		j.config.Stage, j.config.Progress, j.config.Notice = p.begin, p.update, p.notice
	}
	return do()
}
