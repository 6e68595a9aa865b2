"""Where a head ends: at the first empty line, whichever of the two ways ends it."""

import re
from itertools import product

from generations.gateway.http.head_limits import end_of


def test_a_head_ends_at_its_first_empty_line_however_much_of_it_was_seen() -> None:
    for letters in product("\r\na", repeat=6):
        raw = "".join(letters).encode()
        found = re.search(rb"\n\r?\n", raw)
        assert end_of(bytearray(raw), 0) == (found.end() if found else None), raw
        if found:  # all but its end was looked at before
            assert end_of(bytearray(raw), found.end() - 1) == found.end(), raw
