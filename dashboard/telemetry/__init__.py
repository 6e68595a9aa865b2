"""What an operator's tools are given: log lines, metrics, reports of errors, traces; none of it holds content or keys."""
