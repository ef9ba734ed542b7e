// Command keeper runs the search engine that tests share, until no test uses it any more.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"postroom/internal/devstack/searchengine"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: keeper FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := searchengine.Keep(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
