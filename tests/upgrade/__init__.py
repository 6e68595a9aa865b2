"""Upgrades: the commit of each release, so that its code can be run against today's tables (a tag can be lost)."""

RELEASES = {"v0.1.0": "780c990fa17726384b056885a8034554381d1918"}
