package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// settleEvidence gives the findings what other flags say too, and reads the
// files of known rules.
func (j *jobFlags) settleEvidence(cmd *cobra.Command) error {
	c := &j.config
	c.Evidence.Direction = c.Direction
	if f := cmd.Flags().Lookup("max-share"); f != nil && f.Changed {
		c.Evidence.MaxShare = c.MaxShare
	}
	c.Evidence.Known = nil
	for _, known := range j.known {
		rules := []string{known}
		if strings.HasSuffix(known, ".yaml") || strings.HasSuffix(known, ".yml") {
			var err error
			if rules, err = readRules(known); err != nil {
				return err
			}
		}
		c.Evidence.Known = append(c.Evidence.Known, rules...)
	}
	return nil
}

// readRules reads a YAML list of rules, each as a group is named.
func readRules(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--known: %w", err)
	}
	var rules []string
	if err := yaml.Unmarshal(data, &rules); err != nil {
		return nil, fmt.Errorf("--known %s: write a list of rules, one \"- feature=level & feature=level\" a line: %w", path, err)
	}
	return rules, nil
}
