"""What a usage costs by a list of prices: a range wherever the list leaves something open."""
