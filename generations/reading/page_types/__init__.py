"""The page data. Every text in it is ready to be shown (and still to be escaped, `html` excepted)."""
