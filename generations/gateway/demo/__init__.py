"""The demo gateway: a real HTTP server on loopback that behaves like the AI Stats (Phaseo) gateway.

It is the first thing a newcomer talks to, the peer of the tests and the load target of the benchmarks.
No key here is real and nothing leaves the machine. `python -m generations.gateway.demo --help`.
"""
