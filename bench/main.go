// Command bench shows what Headwater reaches on this machine: its kernels
// against the processor's limits, whole searches, the same search in other
// engines, and its transport against the bare one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs one command line and returns the exit code: 1 when a measurement
// could not be made, 2 when the command line is wrong.
func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once

	root := rootCommand(args)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "bench: interrupted")
		return 130
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "bench: %s\n\nSee bench --help\n", err)
		return 2
	default:
		fmt.Fprintf(stderr, "bench: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n       "))
		return 1
	}
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

func rootCommand(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "bench",
		Short: "What Headwater reaches on this machine, beside what the machine and others can do",
		Long: `bench measures Headwater on this machine. Every comparison is made within one
run, so that a ratio holds on a machine that is shared or throttled; figures of
two runs are compared with benchstat (bench kernels --benchstat, make benchcmp).

A figure is the best of several repetitions; the spread beside it is how much
slower the median was. A spread above some 10 % says that the machine was busy.`,
		Example: `  bench kernels
  bench search --rows 100k,1m --workers 1,2 --svg scaling.svg
  bench load --rows 10m
  bench peers --rows 10m --features 20
  bench ship`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cpu.Active() // names a path that is not there
			return err
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	s := &show{command: strings.Join(append([]string{"bench"}, args...), " ")}
	root.PersistentFlags().BoolVar(&s.json, "json", false, "the figures as JSON")
	root.PersistentFlags().BoolVar(&s.markdown, "markdown", false, "tables as Markdown")
	root.AddCommand(kernelsCommand(s), searchCommand(s), loadCommand(s), peersCommand(s), shipCommand(s), kernelsPathCommand(), searchJobCommand(), searchWorkerCommand())
	return root
}

// children are commands that bench starts itself, each in a process of its own.
var children = []string{"kernels-of-path", "search-job", "search-worker"}

// noArguments refuses arguments that are not flags.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%q: give settings as flags", args[0])
	}
	return nil
}
