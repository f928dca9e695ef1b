# The commands of a working day; each is a script, so they work without make too.
.PHONY: run test test-all bench

# Build and run with demo data: make run ARGS="--config my.toml"
run:
	@scripts/run.sh $(ARGS)

# Every fast check.
test:
	@scripts/test.sh

# The fast checks and the browser test: what the gate runs.
test-all:
	@scripts/test-all.sh

# Measure: make bench ARGS="--bench booking_race -- --quick"
bench:
	@scripts/setup.sh
	cargo bench $(or $(ARGS),--benches)
