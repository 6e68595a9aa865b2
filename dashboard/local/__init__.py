"""PostgreSQL and Valkey from their wheels, and the processes of `make up`. Standard library only.

state.py     what a running `make up` publishes for other processes of the checkout (`.local/env`)
system.py    free ports, users, processes that end with their parent
server.py    one process: start, wait, restart, stop
postgres.py  valkey.py   how each engine is prepared and which command runs it
servers.py   both together, for `make up` and for the tests
up.py        `make up`; site.py runs the Procfile's lines
"""
