# Needs Go, make and git, nothing else. What only tests need comes from .ci/packages.

# Rooms whose goroutines share memory: these tests run a second time under the race detector.
RACE = ./jobs/... ./internal/store/... ./internal/intake/... ./channels/email/...

# What strangers send, and how long each test run looks for something that breaks it.
FUZZ = ./parser:FuzzParse ./internal/richtext:FuzzSanitize
FUZZTIME = 15s

# Vet looks at everything once, and nobody takes a debugger to these binaries: linking takes a third less.
GOTEST = go test -vet=off -ldflags=-w -timeout 15m

help: ## show these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: build ## build and start everything on http://127.0.0.1:3000, data in ./var
	bin/postroom all

build: ## build bin/postroom
	go build -trimpath -o bin/postroom ./cmd/postroom

test: ## check the code and run every test
	@.ci/packages
	@files=$$(git ls-files '*.go') || exit 1; unformatted=$$(gofmt -l $$files); test -z "$$unformatted" || { echo "gofmt -w $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	$(GOTEST) ./...
	@$(MAKE) --no-print-directory fuzz
	@if .ci/packages --can-race; then set -x; $(GOTEST) -race $(RACE); fi
	@.ci/packages --left-out

# What breaks us is kept as a file. A failure without one is Go's own, which takes the end of the time for a
# failure now and then: only that is looked at again.
fuzz: ## look for mails and HTML that break us; FUZZTIME=10m looks longer
	@set -e; look() { $(GOTEST) -run '^$$' -fuzz "^$${1#*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$${1%:*}"; }; \
	for target in $(FUZZ); do \
		set -x; look $$target || { test -z "$$(git ls-files --others '*/testdata/fuzz/*')" && look $$target; } || exit 1; { set +x; } 2>/dev/null; \
	done

bench: ## measure on this machine; writes bench/results/
	@.ci/packages
	go run ./bench

clean: ## remove what was built and the tests' PostgreSQL; your data stays, in ./var or /var/lib/postroom
	rm -rf bin var/test

.PHONY: help run build test fuzz bench clean
