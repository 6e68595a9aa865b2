"""`make bench`: start a site of its own as `make up` does, measure, print one table. Exits 0 whatever it finds.

A whole run is kept in `bench/results.md` and `bench/results.json`. `python -m bench lab sizes` measures these parts only.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator

import django

from bench.site import Site, checkout, running
from bench.table import Figure, text
from bench.tools import results

WORKER_CONCURRENCY = "200"


def main() -> None:
    begun = time.monotonic()
    with checkout() as folder:
        say("starting a site of its own, twice: the second start is the warm one")
        with running(folder):
            pass
        with running(folder, WORKER_CONCURRENCY=WORKER_CONCURRENCY) as site:
            use(site)
            figures = list(measured(site))
    took = time.monotonic() - begun
    say(f"measured in {took:.0f} s")
    print(text(figures))
    if len(sys.argv) < 2:
        results.keep(figures, took)


def use(site: Site) -> None:
    """Make this process one of the site's: on its database, its broker and its keys."""
    os.environ.update(site.environment, DJANGO_SETTINGS_MODULE="dashboard.settings")
    django.setup()


def measured(site: Site) -> Iterator[Figure]:
    # Their modules import models, which need the site that runs by now.
    from bench import (
        clicks,
        footprint,
        lab,
        lists,
        lookups,
        pages,
        partials,
        replays,
        sizes,
        story,
        streams,
        yardstick,
    )

    every = (yardstick, footprint, streams, pages, lookups, clicks, partials, replays, lab, sizes, lists)
    chosen = [
        part for part in every if len(sys.argv) < 2 or part.__name__.removeprefix("bench.") in sys.argv[1:]
    ]
    for number, part in enumerate(chosen, 1):
        say(f"{number} of {len(chosen)}: {(part.__doc__ or '').strip()}")
        try:
            story.check_connection()
            yield from part.figures(site)
        except Exception as error:  # the minutes of the other parts are not thrown away
            traceback.print_exc()
            yield Figure(part.__name__, type(error).__name__, "", None, failed=True)


def say(line: str) -> None:
    """Tell on standard error what goes on; standard output is the table's."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
