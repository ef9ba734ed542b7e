package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/jobs/task"
)

// reader looks variables up, notes each for the documentation, and collects what is wrong.
type reader struct {
	values    map[string]string
	variables []Variable
	bad       []Bad
	railsPool string // connections that POSTGRESQL_OPTIONS asks for
}

func newReader(environ []string) *reader {
	values := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		values[name] = strings.TrimSpace(value)
	}
	return &reader{values: values}
}

// read notes a variable and returns its text; an empty variable counts as unset.
func (r *reader) read(name, otherwise, about string) (text string, set bool) {
	variable := Variable{Name: name, Value: otherwise, Default: otherwise, Source: FromDefault, About: about}
	text = otherwise
	if value := r.values[name]; value != "" {
		variable.Value, variable.Source = value, FromEnvironment
		text, set = value, true
	}
	r.variables = append(r.variables, variable)
	return text, set
}

// last is the variable read last, to mend what is shown of it.
func (r *reader) last() *Variable { return &r.variables[len(r.variables)-1] }

// reject notes that the variable read last can't be used.
func (r *reader) reject(allowed string, facts ...any) {
	r.bad = append(r.bad, Bad{Name: r.last().Name, Value: r.last().Value, Allowed: fmt.Sprintf(allowed, facts...)})
}

func (r *reader) err() error {
	if len(r.bad) == 0 {
		return nil
	}
	return &Error{Bad: r.bad}
}

// alias lets another name of the original stand in for a variable that is not set itself.
func (r *reader) alias(other, name string) {
	if r.values[name] == "" {
		r.values[name] = r.values[other]
	}
	r.read(other, "", "other name of "+name)
}

func (r *reader) count(name string, otherwise, least, most int, about string) int {
	text, _ := r.read(name, strconv.Itoa(otherwise), about)
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.reject("a whole number from %d to %d", least, most)
		return otherwise
	}
	return n
}

// duration takes 90s or 1m30s, and a bare number as seconds.
func (r *reader) duration(name string, otherwise time.Duration, about string) time.Duration {
	text, _ := r.read(name, otherwise.String(), about)
	if _, err := strconv.Atoi(text); err == nil {
		text += "s"
	}
	span, err := time.ParseDuration(text)
	if err != nil || span <= 0 {
		r.reject("a time such as 10s or 1m30s")
		return otherwise
	}
	return span
}

func (r *reader) choice(name, otherwise, allowed, about string) string {
	text, _ := r.read(name, otherwise, about)
	if !slices.Contains(strings.Fields(allowed), text) {
		r.reject("one of %s", strings.ReplaceAll(allowed, " ", ", "))
		return otherwise
	}
	return text
}

// flag is on as soon as the variable is set, whatever its text: the original asks no more. A plain
// no is understood all the same.
func (r *reader) flag(name, about string) bool {
	text, set := r.read(name, "", about)
	return set && !slices.Contains([]string{"0", "false", "no", "off"}, strings.ToLower(text))
}

func (r *reader) anySet(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return r.values[name] != "" })
}

func (r *reader) text(name, otherwise, about string) string {
	text, _ := r.read(name, otherwise, about)
	return text
}

// workersVariable names the variable that sizes a queue's pool.
func workersVariable(queue string) string { return "WORKERS_" + strings.ToUpper(queue) }

// others lists what has a meaning elsewhere but none here, and catches misspelled pool sizes,
// which would otherwise be ignored without a word.
func (r *reader) others() {
	for _, v := range unused {
		r.read(v.Name, "", v.About)
		r.last().Source = Unused
		if v.Secret && r.last().Value != "" {
			r.last().Value = masked
		}
	}
	known := make([]string, len(task.Queues))
	for i, queue := range task.Queues {
		known[i] = workersVariable(queue)
	}
	var strange []string
	for name, value := range r.values {
		if strings.HasPrefix(name, "WORKERS_") && value != "" && !slices.Contains(known, name) {
			strange = append(strange, name)
		}
	}
	slices.Sort(strange)
	for _, name := range strange {
		r.bad = append(r.bad, Bad{Name: name, Value: r.values[name], Allowed: "none, as there is no such queue; there are " + strings.Join(known, ", ")})
	}
}
