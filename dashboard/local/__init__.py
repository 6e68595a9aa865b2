"""PostgreSQL and Valkey from their wheels, and the processes of `make up`. Standard library only, honcho
aside.

state.py     what a running `make up` publishes for other processes of the checkout (`.local/env`)
system.py    free ports, users, processes that end with their parent
engine.py    one engine's process: start, wait, restart, stop
postgres.py  valkey.py   how each engine is prepared and which command runs it
engines.py   both together, for `make up` and for the tests
up.py        `make up`; runner.py runs the Procfile through honcho
"""
