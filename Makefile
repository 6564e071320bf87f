# make run    see it work, without an account          (needs Go)
# make test   what a change must pass                  (needs Go)
# make race   the tests with the race detector         (needs Go and a C compiler)
# make check  all that CI checks                       (also builds the tools it needs; Node.js and Chromium for what is seen)
# make image  the container image                      (needs docker)

GO        ?= go
BINARY    := mongodb_backup_exporter
# Built tools are kept between runs (tools/build.sh).
TOOLS     ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/$(BINARY)/tools
# The file VERSION is the one place that says which version this is. A commit that is not the release has its time (UTC) and its
# name behind it: 0.1.0-20261126225852.g8988215. By the time, packages know which is newer; their number would be wrong in a
# shallow clone. Without the g, a name of digits were a number, and 0.1.0~0123456 newer than 0.1.0 or no version at all.
# internal/cli names a program alike that was built without this.
RELEASE   := $(shell cat VERSION)
TIME      := $(shell TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd 2>/dev/null)
COMMIT    := $(shell git describe --exclude='*' --abbrev=7 --always --dirty=.dirty 2>/dev/null)
VERSION   ?= $(RELEASE)$(if $(filter v$(RELEASE),$(shell git describe --tags --exact-match --dirty 2>/dev/null)),,$(addprefix -$(TIME).g,$(COMMIT)))
REVISION  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH    ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
VERSIONPKG := github.com/prometheus/common/version
LDFLAGS   := -s -w -X $(VERSIONPKG).Version=$(VERSION) -X $(VERSIONPKG).Revision=$(REVISION) -X $(VERSIONPKG).Branch=$(BRANCH)

PROMTOOL  := $(TOOLS)/promtool
GOLANGCI  := $(TOOLS)/golangci-lint
GOFUMPT   := $(TOOLS)/gofumpt
VULNCHECK := $(TOOLS)/govulncheck
# One cache of compiled packages serves the program, its tests and what they build, the other modules and the linter: all are
# built without C and with -trimpath, as the program is.
TEST      := CGO_ENABLED=0 $(GO) test -trimpath -count=1

TOOLNAMES := promtool prometheus alertmanager golangci-lint gofumpt govulncheck goreleaser cyclonedx-gomod actionlint helm kube-apiserver
BUILDTOOL := GO='$(GO)' ./tools/build.sh '$(TOOLS)'

# Compilers, linkers and tests collect garbage a quarter as often, which saves a fifth of their processor time. No process gets
# larger than 1.1 GB by it, instead of 0.8. What is run or measured collects as it does for users.
test-go test-promql rules race matrix matrix-kinds lint vuln e2e browser shipped-check helm-check release-check dashboards-seen: export GOGC ?= 400
$(addprefix tool-,$(TOOLNAMES)): export GOGC ?= 400

.PHONY: all build version image run test check deploy-check image-check systemd-check shipped-check helm-check test-go matrix matrix-kinds histories test-promql rules lint fmt tidy vuln dashboards e2e bench bench-full bench-go fuzz clean dashboards-seen dashboard-images browser screenshots race release-check workflows release-snapshot release-files

all: check

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

# The version of what is built here.
version:
	@printf '%s\n' '$(VERSION)'

image:
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg CREATED=$(CREATED) --tag $(BINARY):$(VERSION) --tag $(BINARY) .

# The time of the commit, so that a commit has one image.
CREATED = $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null || echo unknown)

# go build -v names each package that it compiles; what is no such name is an error.
run:
	@echo 'Building. With an empty cache, Go compiles some 600 packages, which takes two to three minutes.' >&2
	@{ CGO_ENABLED=0 $(GO) build -v -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) . 2>&1; echo "exit $$?"; } | awk ' \
		/^exit [0-9]+$$/ { code = $$2; next } \
		/^[A-Za-z0-9._\/~-]+$$/ { n++; if (n % 50 == 0) { print "  " n " packages compiled" > "/dev/stderr" }; next } \
		{ print > "/dev/stderr" } \
		END { exit code }'
	@trap : INT; ./$(BINARY) demo

# What must hold of the code and of everything it ships, with Go alone.
test: test-go test-promql rules

# go vet is part of lint. Here it would read the clouds' SDKs too, for as long as half of their compilation.
test-go:
	@echo 'Testing the exporter. With an empty cache, Go first compiles some 700 packages, silently, for two minutes or more.' >&2
	$(TEST) -vet=off -shuffle=on ./...

# The same tests with the race detector, which makes each ten times slower: with -short, properties of code without goroutines
# are tried with a tenth of their random cases. Packages that have nothing to share are left out: neither they nor their tests
# import what goroutines share or come from. These are config, backup, report and what is shipped. With -trimpath, what one clone
# compiled serves the next one, wherever it is.
race:
	@echo 'Testing with the race detector. With an empty cache, Go compiles all packages for it, for three minutes or more.' >&2
	@packages=$$($(GO) list -f '{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | \
		awk '/ (sync|sync\/atomic|testing\/synctest|net\/http)( |$$)/ {print $$1}'); \
	[ -n "$$packages" ] || { echo 'race: no package was found to test' >&2; exit 1; }; \
	$(GO) test -race -trimpath -short -vet=off -shuffle=on -count=1 $$packages

# Every kind of fault in every operation of both clouds, cold and warm; make test has a spread of them. Takes four minutes
# on two idle processors. From its own directory, so that go test shows the counts.
matrix:
	cd internal/faultmatrix && FAULT_MATRIX=all $(TEST) -vet=off -run TestMatrix -timeout 50m

# Each kind of fault in each operation of both clouds once, cold and warm in turn; those of time, bytes and connections, which
# one code reads for all operations of a cloud, in every second operation.
matrix-kinds:
	cd internal/faultmatrix && FAULT_MATRIX=kinds $(TEST) -vet=off -run TestMatrix -timeout 50m

# A hundred thousand random histories through poller, catalog and verdict; make test has some hundred. Takes half an hour.
histories:
	POLL_TEST_HISTORIES=100000 $(GO) test -run TestHistories -count=1 -v -timeout 2h ./internal/poll

# Every query of dashboards and rules, read by Prometheus' own parser.
test-promql:
	@echo "Reading the queries with Prometheus' parser. With an empty cache, Go compiles it first, for half a minute." >&2
	cd test/promql && $(TEST) -vet=off ./...

rules: tool-promtool
	$(PROMTOOL) check rules alerts/*.rules.yml
	printed=$$(CGO_ENABLED=0 $(GO) run -trimpath . rules --runbook-url=https://a.example.com/b --exporter-url=https://c.example.com --dashboard-url=https://d.example.com) && \
		printf '%s\n' "$$printed" | $(PROMTOOL) check rules
	$(PROMTOOL) test rules alerts/tests/*.yml

# vuln is last, so that nobody overlooks that it could not check.
check: fmt-check lint tidy-check workflows test race matrix dashboards deploy-check e2e browser vuln

fmt: tool-gofumpt
	$(GOFUMPT) -w $(GOFILES)

GOFILES = $(shell git ls-files --cached --others --exclude-standard '*.go')

fmt-check: tool-gofumpt
	@unformatted=$$($(GOFUMPT) -l $(GOFILES)); if [ -n "$$unformatted" ]; then \
		echo "not formatted; run make fmt:"; echo "$$unformatted"; exit 1; fi

lint: tool-golangci-lint
	CGO_ENABLED=0 GOFLAGS="$$($(GO) env GOFLAGS) -trimpath" $(GOLANGCI) run ./...

tidy-check:
	$(GO) mod tidy -diff
	$(GO) mod verify

# Known vulnerabilities, from the database of the Go project or the one that GOVULNDB names. It fails when one is found.
# Without a way to the database it says that nothing was checked, and fails only with VULN=required.
vuln: tool-govulncheck
	@found=$$($(VULNCHECK) ./... 2>&1); code=$$?; echo "$$found"; \
	case "$$found" in *"fetching vulnerabilities"*) \
		echo "vuln: NOT CHECKED, the database of vulnerabilities cannot be reached from here" >&2; \
		[ "$(VULN)" != required ]; exit $$?;; \
	esac; exit $$code

# The workflows of .github against what GitHub accepts.
workflows: tool-actionlint
	$(TOOLS)/actionlint -color=false .github/workflows/*.yml

# Each dashboard against the types that Grafana publishes.
dashboards:
	cd test/dashboards && npm ci --no-audit --no-fund && npm test

# The dashboards as people see them: drawn by Grafana's own components in Chromium, with the demo, a healthy fleet and nothing,
# and searched for what looks wrong. Takes two minutes on two idle processors.
dashboards-seen: build tool-prometheus tool-promtool tool-alertmanager
	GO=$(GO) TOOLS=$(TOOLS) ./test/dashboards/seen/check.sh

# The pictures of the dashboards in docs/images.
dashboard-images: build tool-prometheus tool-promtool tool-alertmanager
	GO=$(GO) TOOLS=$(TOOLS) SEEN=required ./test/dashboards/seen/check.sh pictures

# The built binary with the real Prometheus and Alertmanager.
e2e: build tool-prometheus tool-promtool tool-alertmanager
	cd test/e2e && TOOLS=$(TOOLS) $(TEST) -timeout 25m ./...

# The pages in Debian's Chromium, by the rules of axe-core. Takes three minutes.
browser: build
	cd test/browser && npm ci --no-audit --no-fund && $(TEST) -timeout 4m ./...

# The pictures of docs/images, from the demo.
screenshots:
	$(MAKE) build VERSION=dev
	cd test/browser && SCREENSHOTS=$(CURDIR)/docs/images $(GO) test -count=1 -run TestScreenshots ./...

# What is shipped to deploy with. Each part says so where it cannot be checked on this machine. With DEPLOY=required that is a
# failure of image, units, packages and chart; pictures of the dashboards have SEEN=required.
deploy-check: shipped-check systemd-check image-check helm-check dashboards-seen release-check

# The mixin and the compose files.
shipped-check:
	cd test/deploy && $(TEST) ./...

# The Helm chart, by Helm and on a real API server. That needs etcd (Debian package etcd-server), too.
helm-check: tool-helm tool-kube-apiserver tool-promtool
	@command -v etcd >/dev/null || { echo 'helm: NOT CHECKED on a server, there is no etcd here' >&2; [ "$$DEPLOY" != required ]; }
	cd test/helm && TOOLS=$(TOOLS) $(TEST) .

systemd-check:
	./test/systemd/check.sh

image-check:
	./test/image/check.sh

# Builds a release twice, compares, installs its package, and runs what that installed. With RELEASE_SYSTEMS=linux it is for this
# kind of machine only.
release-check: tool-goreleaser tool-cyclonedx-gomod
	TOOLS=$(TOOLS) GO='$(GO)' ./test/release/check.sh

# The files of a release of this commit, in dist; nothing is published.
release-snapshot: tool-goreleaser tool-cyclonedx-gomod
	PATH='$(TOOLS)':"$$PATH" VERSION='$(VERSION)' $(TOOLS)/goreleaser release --snapshot --clean

# What packages have beside the program, as the program prints it.
release-files: build
	@mkdir -p .release/completions
	GO='$(GO)' ./deploy/package/third-party.sh >.release/THIRD_PARTY_LICENSES
	./$(BINARY) --help-man | gzip -9n >.release/$(BINARY).1.gz
	./$(BINARY) --completion-script-bash >.release/completions/$(BINARY).bash
	./$(BINARY) --completion-script-zsh >.release/completions/_$(BINARY)

# What a fleet costs and how old its readings get: prints the tables of docs/performance.md. BENCH_ONLY takes a part of a
# row's name. The short form takes a few minutes on two idle processors, the full one hours.
bench bench-full: build
	$(GO) test -c -o $(BENCHDIR)/bench.test ./bench
	cd $(BENCHDIR) && BENCH=$(if $(filter bench-full,$@),full,short) PROGRAM=$(CURDIR)/$(BINARY) ./bench.test -test.timeout 10h

BENCHDIR := $(or $(TMPDIR),/tmp)

# The Go benchmarks of single packages.
bench-go:
	$(GO) test -run '^$$' -bench . -benchmem ./...

FUZZTIME ?= 20s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
		done; done

clean:
	rm -rf $(BINARY) .release dist

# Phony, because build.sh knows by contents whether a tool is as it should be.
.PHONY: $(addprefix tool-,$(TOOLNAMES))
$(addprefix tool-,$(TOOLNAMES)): tool-%:
	@$(BUILDTOOL) $*
