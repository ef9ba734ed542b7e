package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"postroom/internal/config"
)

func (p *program) configCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print every variable, its value, its default and where the value came from",
		Long:  "Prints every variable, its value, its default and where the value came from. Secrets are masked.\nIt fails when a variable can't be used.",
		Example: `  postroom config
  POSTGRESQL_HOST=db.example.com postroom config --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Read(p.environ)
			if !asMarkdown {
				noteFound(cfg)
			}
			switch {
			case asJSON:
				encoder := json.NewEncoder(p.out)
				encoder.SetIndent("", "  ")
				_ = encoder.Encode(cfg.Variables) // like any other printing
			case asMarkdown:
				printMarkdown(p.out, cfg.Variables)
			default:
				printVariables(p.out, cfg.Variables)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the table of the documentation")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// noteFound shows the servers that verbs find by themselves.
func noteFound(cfg *config.Config) {
	databaseURL, redisURL := find(cfg)
	if cfg.Stores.DatabaseURL == "" {
		cfg.Found("DATABASE_URL", databaseURL)
	}
	cfg.Found("REDIS_URL", redisURL)
}

func printVariables(w io.Writer, variables []config.Variable) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VARIABLE\tVALUE\tDEFAULT\tSOURCE\tMEANING")
	for _, v := range variables {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", v.Name, orDash(v.Value), orDash(v.Default), v.Source, v.About)
	}
	_ = table.Flush()
}

// printMarkdown leaves out what has no meaning here: the documentation is about what works.
func printMarkdown(w io.Writer, variables []config.Variable) {
	fmt.Fprintln(w, "| Variable | Default | Meaning |\n| --- | --- | --- |")
	for _, v := range variables {
		if v.Source == config.Unused {
			continue
		}
		otherwise := ""
		if v.Default != "" {
			otherwise = "`" + v.Default + "`"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", v.Name, otherwise, strings.ReplaceAll(v.About, "|", `\|`))
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
