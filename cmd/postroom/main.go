// Command postroom is a helpdesk without a front end: one binary that takes messages in, makes
// tickets of them, serves the REST API and sends answers out, whole or in parts.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // time zones also where the machine has none
)

func main() {
	p := &program{environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}
