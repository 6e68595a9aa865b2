"""HTTP with a bound on everything: exchanges, codings, heads, and the credential that shows itself nowhere else."""
