package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/headwater-dev/headwater/worker/source"
)

// applyJobFile sets every flag that the YAML file names and the command line
// does not. The file's keys are the flags' names, so there is one vocabulary.
// Every problem of the file is reported at once.
func applyJobFile(cmd *cobra.Command, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return usage(cmd, fmt.Errorf("job file: %w", err))
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return usage(cmd, fmt.Errorf("job file %s: %w", path, err))
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return usage(cmd, fmt.Errorf("job file %s: write one \"flag: value\" a line, for example \"input: customers.csv\"", path))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	var problems []error
	settings, lines := doc.Content[0].Content, map[string]int{}
	for i := 0; i+1 < len(settings); i += 2 {
		key, value := settings[i], settings[i+1]
		if line, ok := lines[key.Value]; ok {
			problems = append(problems, fmt.Errorf("job file %s, line %d: %s is set on line %d already", path, key.Line, key.Value, line))
			continue
		}
		lines[key.Value] = key.Line
		if err := applySetting(cmd.Flags(), key.Value, value, names); err != nil {
			problems = append(problems, fmt.Errorf("job file %s, line %d: %w", path, key.Line, err))
		}
	}
	if len(problems) > 0 {
		return usage(cmd, errors.Join(problems...))
	}
	return nil
}

func applySetting(flags *pflag.FlagSet, name string, node *yaml.Node, names []string) error {
	flag := flags.Lookup(name)
	if flag == nil || name == "help" {
		err := fmt.Errorf("unknown key %q", name)
		if near := source.Nearest(name, names); len(near) > 0 {
			err = fmt.Errorf("%w; nearest: %s", err, strings.Join(near, ", "))
		}
		return err
	}
	if flag.Changed {
		return nil
	}
	values, err := settingValues(node)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var truth bool
	switch kind := flag.Value.Type(); {
	case kind == "stringSlice" && node.Kind == yaml.ScalarNode: // as on the command line
		values = strings.Split(node.Value, ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
	case kind == "bool" && node.Decode(&truth) == nil: // YAML has more words for it: yes, on
		values = []string{strconv.FormatBool(truth)}
	}
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		flag.Changed = true
		return list.Replace(values)
	}
	if len(values) != 1 {
		return fmt.Errorf("%s takes one value, not %d", name, len(values))
	}
	if err := flags.Set(name, values[0]); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// settingValues reads a scalar or a list of scalars.
func settingValues(node *yaml.Node) ([]string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return []string{node.Value}, nil
	case yaml.SequenceNode:
		var values []string
		for _, n := range node.Content {
			if n.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("line %d: a list holds single values only", n.Line)
			}
			values = append(values, n.Value)
		}
		return values, nil
	default:
		return nil, errors.New("write a value or a list of values, as in the flag")
	}
}
