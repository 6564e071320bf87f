package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/config"
)

// nameFlags makes every error about the value of a flag name that flag.
func nameFlags(app *kingpin.Application) {
	for _, flag := range app.Model().Flags {
		name(app.GetFlag(flag.Name), flag)
	}
	for _, command := range app.Model().Commands {
		nameFlagsOf(app.GetCommand(command.Name), command)
	}
}

func nameFlagsOf(command *kingpin.CmdClause, model *kingpin.CmdModel) {
	for _, flag := range model.Flags {
		name(command.GetFlag(flag.Name), flag)
	}
	for _, below := range model.Commands {
		nameFlagsOf(command.GetCommand(below.Name), below)
	}
}

func name(flag *kingpin.FlagClause, model *kingpin.FlagModel) {
	if flag == nil || model.Value == nil || model.IsBoolFlag() {
		return // a flag that is on or off has no value that could be wrong
	}
	flag.SetValue(named{model.Value, model.Name})
}

// named is the value of a flag with the flag's name.
type named struct {
	kingpin.Value
	flag string
}

// Set sets the value. An error names the flag.
func (n named) Set(value string) error {
	if err := n.Value.Set(value); err != nil {
		return fmt.Errorf("--%s: %s", n.flag, inWords(err, value))
	}
	return nil
}

// inWords says what is wrong with the value of a flag, and what one is like.
func inWords(err error, value string) string {
	if allowed, found := strings.CutPrefix(err.Error(), "enum value must be one of "); found {
		words, _, _ := strings.Cut(allowed, ", got ")
		return fmt.Sprintf("it must be one of %s, not %q", strings.ReplaceAll(words, ",", ", "), value)
	}
	if strings.HasPrefix(err.Error(), "time: ") {
		return fmt.Sprintf("%q is no time like 30s, 5m or 2h", value)
	}
	return err.Error()
}

// Get returns the value, for those who read it from the flag.
func (n named) Get() any {
	if getter, ok := n.Value.(kingpin.Getter); ok {
		return getter.Get()
	}
	return nil
}

// IsCumulative reports whether the flag may be given several times.
func (n named) IsCumulative() bool {
	several, ok := n.Value.(interface{ IsCumulative() bool })
	return ok && several.IsCumulative()
}

// misspelled returns the end of a message about a command line that is wrong: the flag or command that was probably meant, or
// else where to look. chosen is the command, if one was named.
func misspelled(app *kingpin.Application, chosen string, err error) string {
	message, near := err.Error(), ""
	if below := subcommands(app.Model(), message); below != "" {
		return ": " + below
	}
	if unknown, found := strings.CutPrefix(message, "unknown long flag '--"); found {
		near = config.Nearest(strings.TrimSuffix(unknown, "'"), flagNames(app.Model(), chosen))
		if near != "" {
			near = "--" + near
		}
	} else if unknown, found := strings.CutPrefix(message, "unexpected "); found {
		near = config.Nearest(unknown, commandNames(app.Model().Commands))
	} else if unknown, found := strings.CutPrefix(message, "expected command but got "); found {
		near = config.Nearest(strings.Trim(unknown, `"`), commandNames(commandsBelow(app.Model(), chosen)))
	}
	if near == "" {
		return "; try --help"
	}
	return fmt.Sprintf("; did you mean %s?", near)
}

// subcommands returns the commands of the group that was named alone; "": none was.
func subcommands(app *kingpin.ApplicationModel, message string) string {
	for _, group := range app.Commands {
		if message != fmt.Sprintf("must select a subcommand of '%s'", group.Name) {
			continue
		}
		var names []string
		for _, c := range group.Commands {
			names = append(names, c.Name)
		}
		return strings.Join(names, ", ")
	}
	return ""
}

// commandsBelow returns the commands of a group; of the program, where chosen is "".
func commandsBelow(app *kingpin.ApplicationModel, chosen string) []*kingpin.CmdModel {
	for _, group := range app.Commands {
		if group.Name == chosen {
			return group.Commands
		}
	}
	return app.Commands
}

// commandNames returns the names of commands.
func commandNames(commands []*kingpin.CmdModel) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

// flagNames returns the names of the flags that a command takes, sorted.
func flagNames(app *kingpin.ApplicationModel, chosen string) []string {
	var names []string
	add := func(flags []*kingpin.FlagModel) {
		for _, f := range flags {
			names = append(names, f.Name)
		}
	}
	add(app.Flags)
	commands := app.Commands
	for word := range strings.FieldsSeq(chosen) {
		i := slices.IndexFunc(commands, func(c *kingpin.CmdModel) bool { return c.Name == word })
		if i < 0 {
			break
		}
		add(commands[i].Flags)
		commands = commands[i].Commands
	}
	slices.Sort(names)
	return names
}
