"""Which workers and beats are alive, and what is degraded."""
