"""`make faults`: all, or those whose name holds one of the words given."""

import argparse
import sys
import time
from importlib import import_module

from tests.faults import table
from tests.faults.gateway import gateway
from tests.faults.site import site

KINDS = ("worker", "spool", "database", "redis", "gateway", "load", "setting")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="run the faults whose name holds one of these")
    parser.add_argument("--list", action="store_true", help="print the names")
    options = parser.parse_args()
    begun = time.monotonic()
    with gateway() as ours, site(ours) as running:
        for kind in KINDS:
            import_module(f"tests.faults.{kind}_faults")
        chosen = [
            name for name in table.FAULTS if not options.words or any(word in name for word in options.words)
        ]
        if options.list:
            print("\n".join(chosen))
            return
        reports = []
        for name in chosen:
            reports.append(table.run(running, name))
            print(table.text_of(reports[-1]), flush=True)
        failed = [report.name for report in reports if report.failure]
        print(
            f"\n{len(reports)} faults in {(time.monotonic() - begun) / 60:.1f} minutes; {len(failed)} failed"
        )
        if failed:
            print(f"The processes' log: {running.log.read_text()[-6000:]}" if len(chosen) == 1 else "")
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
