# Each target is one line over scripts/run.py, which needs nothing but Python. Pass options like this: make demo ARGS=--reset
.PHONY: setup demo test check fix lock ci

setup: ; @python3 scripts/run.py setup
demo: ; @python3 scripts/run.py demo $(ARGS)
test: ; @python3 scripts/run.py test $(ARGS)
check: ; @python3 scripts/run.py check
fix: ; @python3 scripts/run.py fix
lock: ; @python3 scripts/run.py lock $(ARGS)
ci: ; @bash .ci/run
