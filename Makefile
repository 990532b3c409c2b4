.DEFAULT_GOAL := help
.PHONY: help demo build release test engines lint bench compare flood cluster rolling package-test image-test cover fuzz key

GO ?= go
TOOL := $(GO) tool -modfile=.tools/go.mod
FUZZTIME ?= 10s

# What a full test run means: all databases, a real browser, the race detector.
TEST_ENV := CGO_ENABLED=1 LTIPOLICY_TEST_DATABASES=all LTIPOLICY_TEST_BROWSER=required \
	LTIPOLICY_TEST_PHP=required LTIPOLICY_TEST_PYTHON=required

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: ## the whole product on this machine, nothing to install; prints one URL to open
	$(GO) run . demo

build: ## the static binary ./ltipolicy
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o ltipolicy .

release: ## the release of this commit in dist/, made twice and equal to the byte: archives, Debian packages, SBOMs, SHA256SUMS
	$(GO) run ./scripts/release

# The race detector, but not within SQLite: it is C in the form of Go, keeps its own locks, and each of its
# accesses looked at makes every test of the store four times as slow and finds nothing of ours.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

test: ## all tests: SQLite, a MariaDB and a MySQL of their own, Chromium, Firefox, WebKit, race detector; a skipped test fails
	@scripts/need cc mariadb mysql sqlite3 chromium firefox webkit php python3
	$(TEST_ENV) $(GO) run ./scripts/noskip $(RACE) -p 3 -shuffle=on -timeout 60m ./...

engines: ## the store's tests on the other releases that Moodle supports and Debian has: MariaDB 10.11 and 11.8
	@scripts/engine mariadb-10.11 mariadb-11.8 >/dev/null
	LTIPOLICY_TEST_DATABASES=mariadb-10.11,mariadb-11.8 $(GO) run ./scripts/noskip ./store

lint: ## gofmt, go vet, go.mod tidy, staticcheck, govulncheck
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted (gofmt -w):"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags rolling ./...
	$(GO) mod tidy -diff
	$(TOOL) staticcheck ./...
	@scripts/vulncheck

bench: ## the benchmarks, and what docs/performance.md promises of them
	@scripts/need mariadb mysql
	LTIPOLICY_TEST_DATABASES=$${LTIPOLICY_TEST_DATABASES:-all} LTIPOLICY_BENCH_LARGE=1 $(GO) run ./scripts/bench

compare: ## what a launch costs beside ltijs, from outside, on a MariaDB of its own; needs node and npm. WITH="before=FILE" measures another program beside
	@scripts/need mariadb
	$(GO) run ./scripts/compare $(WITH)

flood: ## what learners notice while a stranger sends 10,000 requests in 20 s, for each kind of request; needs a machine that does nothing else
	$(GO) run ./scripts/flood

cluster: ## two replicas on Galera and on Group Replication, whose servers are killed, stopped and cut off: a table of what people saw
	@scripts/need mariadb galera mysql
	$(GO) run ./scripts/cluster

rolling: ## updates two replicas behind Caddy from the program of the commit FROM to this one, on MariaDB and MySQL, while people answer
	@scripts/need mariadb mysql
	LTIPOLICY_TEST_DATABASES=mariadb,mysql $(GO) test -tags rolling -count=1 -timeout 20m -run TestRollingUpdate -v ./deploy -args -from=$(FROM)

package-test: ## the life of the Debian package in a clean Debian, upgraded from the package of the commit FROM: SQLite, MariaDB; as root
	@scripts/package-test "$(FROM)"

image-test: ## the life of the image as docker-compose.yml runs it, upgraded from the image of the commit FROM: SQLite, MySQL; as root, with podman
	@scripts/image-test "$(FROM)"

cover: ## test coverage: the total, and cover.html to look into
	@scripts/need mariadb mysql sqlite3 chromium firefox webkit
	LTIPOLICY_TEST_DATABASES=all LTIPOLICY_TEST_BROWSER=required \
		$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	@$(GO) tool cover -html=cover.out -o cover.html
	@$(GO) tool cover -func=cover.out | tail -n 1

key: ## a new message in every language's file: make key KEY=admin.review_on EN='Review on' RO='…'; one without a text waits for its translation
	@$(GO) run ./scripts/key "$$KEY" "en=$$EN" "bg=$$BG" "lt=$$LT" "pt=$$PT" "ro=$$RO" "sr=$$SR"

fuzz: ## every fuzz test for FUZZTIME (10s) each
	@FUZZTIME=$(FUZZTIME) GO=$(GO) scripts/fuzz
