"""The worker process: Celery's worker without Celery's command line, and all of it loaded before it begins.

The command line also loads an interactive shell with completion: 9 MiB and 0.1 s of CPU that no worker needs.
"""

import gc
import sys

from dashboard.processes import allocator


def main() -> None:
    """Run until it is asked to end; exits with Celery's exit code."""
    allocator.give_back()  # before there are threads, which would have heaps of their own
    gc.disable()  # what is loaded stays: each collection meanwhile would look through all of it
    from dashboard.celery import app

    worker = app.Worker(
        quiet=True, loglevel="WARNING", without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    gc.enable()
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
