// Command headwater finds the small groups of customers that matter and merges
// them into the few segments a business can be run by.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker/source"
)

// version is set by the linker (see Makefile).
var version = "dev"

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1   // the job could not be done
	exitUsage       = 2   // the command line or job file is wrong
	exitInterrupted = 130 // Ctrl-C or SIGTERM
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C kills at once: the first one has been heard.
	context.AfterFunc(ctx, stop)

	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := known(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	var usage *usageError
	switch {
	case err == nil:
		return exitOK // even if told to stop, when that is how the command ends
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "headwater: interrupted; nothing was left half-written")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "headwater: %s\n\nSee headwater %s--help\n", indented(err), usage.command)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "headwater: %s\n", indented(err))
		return exitFailed
	}
}

// known refuses a first word that is no command, as a mistake of usage like others.
func known(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil
	}
	names := []string{"help", "completion"}
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if slices.Contains(names, args[0]) {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := source.Nearest(args[0], names); len(near) > 0 {
		err = fmt.Errorf("%w; nearest: %s", err, strings.Join(near, ", "))
	}
	return usage(root, err)
}

// indented puts several joined errors below each other.
func indented(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "\n           ")
}

// usageError is a mistake in the command line or job file.
type usageError struct {
	err     error
	command string // with a trailing space; "" for the root
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(cmd *cobra.Command, err error) error {
	name := ""
	if cmd.HasParent() {
		name = cmd.Name() + " "
	}
	return &usageError{err, name}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "headwater",
		Short: "Find the small groups of customers that matter, and the 6–10 segments to run the business by",
		Long: `Headwater searches a customer table for niche groups that matter far beyond
their size, and merges customers bottom-up into 6–10 target segments with rules
and personas. Everything is embedded; no server has to be started.`,
		Example: `  headwater run --input customers.csv --metric converted=yes --out out/
  headwater profile --input customers.parquet --metric revenue
  headwater gen --rows 1m --out customers.parquet`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(usage)
	root.AddCommand(runCommand(), profileCommand(), searchCommand(), segmentCommand(), kmeansCommand(), compareCommand(), whyCommand(), recheckCommand(), assignCommand(), diffCommand(), genCommand(), workerCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// noArguments and oneArgument make cobra's argument mistakes usage errors.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
}
