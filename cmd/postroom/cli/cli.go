// Package cli is what the verbs of the program have in common: what they are given, how they read arguments, write
// tables and end. It knows no verb, and not how an installation is found.
package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// ExitError ends the program with a status of its own.
type ExitError struct {
	Status int
	Err    error
}

func (e *ExitError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *ExitError) Unwrap() error { return e.Err }

// Exit statuses of sysexits.h, by which a mail server decides whether to try again.
const (
	ExitUsage    = 64
	ExitData     = 65
	ExitTempFail = 75
)

// Family is a command that only holds others.
func Family(use, short string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(members...)
	return cmd
}

// AllNamed asks for the arguments that a verb's usage line names, and for no others.
func AllNamed(cmd *cobra.Command, args []string) error {
	names := strings.Fields(cmd.Use)[1:]
	needed := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == more })
	if len(args) < len(needed) {
		return fmt.Errorf("%s is missing", needed[len(args)])
	}
	if len(args) > len(needed) && !slices.Contains(names, more) {
		return fmt.Errorf("%q is too much: after %s comes nothing", args[len(needed)], needed[len(needed)-1])
	}
	return nil
}

// more stands in a usage line for any number of what is before it.
const more = "…"

// Numbers reads ids.
func Numbers[T ~int64](args []string) ([]T, error) {
	ids := make([]T, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, fmt.Errorf("%q is not an id", arg)
		}
		ids[i] = T(id)
	}
	return ids, nil
}

// OneLine makes a text fit into a table.
func OneLine(text *string) string {
	if text == nil {
		return ""
	}
	line := strings.Join(strings.Fields(*text), " ")
	if runes := []rune(line); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return line
}

// Text is a text for a table; - stands for none.
func Text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// Moment is a time for a table.
func Moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(time.RFC3339)
}
