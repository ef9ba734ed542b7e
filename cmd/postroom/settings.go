package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/setup"
	"postroom/internal/store/catalog"
)

func (p *program) settingsCommand() *cobra.Command {
	return cli.Family("settings", "The installation's settings", p.settingsListCommand(), p.settingsGetCommand(), p.settingsSetCommand())
}

func (p *program) settingsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List all settings; secrets are masked",
		Example: "  postroom settings list | grep ticket_",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := p.open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.close()
			settings, err := h.store.ListSettings(cmd.Context())
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tAREA\tVALUE")
			for _, setting := range settings {
				value := string(currentValue(setting))
				if (setting.Preferences.Secret || setting.Preferences.Protected) && value != `""` {
					value = "********"
				}
				fmt.Fprintf(table, "%s\t%s\t%s\n", setting.Name, setting.Area, cli.OneLine(&value))
			}
			return table.Flush()
		},
	}
}

// currentValue takes the value out of {"value": …}.
func currentValue(setting catalog.Setting) json.RawMessage {
	var state struct{ Value json.RawMessage }
	if json.Unmarshal(setting.StateCurrent, &state) != nil {
		return setting.StateCurrent
	}
	return state.Value
}

func (p *program) settingsGetCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "get NAME",
		Short:   "Print the value of a setting as JSON, also a secret one",
		Example: "  postroom settings get fqdn",
		Args:    cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := p.open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.close()
			setting, err := h.setting(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(p.out, string(currentValue(setting)))
			return nil
		},
	}
}

func (h *house) setting(ctx context.Context, name string) (catalog.Setting, error) {
	settings, err := h.store.ListSettings(ctx)
	if err != nil {
		return catalog.Setting{}, err
	}
	for _, setting := range settings {
		if setting.Name == name {
			return setting, nil
		}
	}
	return catalog.Setting{}, fmt.Errorf("there is no setting %q: see `postroom settings list`", name)
}

func (p *program) settingsSetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Change a setting",
		Long:  "Changes a setting. The value is JSON, or plain text for a setting that holds texts.\nRunning processes see the change within a second.",
		Example: `  postroom settings set fqdn help.example.com
  postroom settings set ticket_number_increment '{"checksum": true, "min_size": 6}'`,
		Args: cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := p.open(cmd.Context())
			if err != nil {
				return err
			}
			defer h.close()
			setting, err := h.setting(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := setup.PutSetting(cmd.Context(), h.store, setting, args[1]); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s is set\n", setting.Name)
			return nil
		},
	}
}
