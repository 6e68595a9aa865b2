#!/usr/bin/env python
"""Django's commands; `up` comes before Django, because it starts the database that the settings need."""

import os
import sys


def main() -> None:
    if sys.argv[1:] == ["up"]:
        from dashboard.local.up import main as up

        return up()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.management import execute_from_command_line
    from django.db import Error

    try:
        execute_from_command_line(sys.argv)
    except Error as error:
        from dashboard.health.database import sentence_of

        sentence = sentence_of(error, prepares=sys.argv[1:2] in (["prepare"], ["migrate"]))
        if sentence is None or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
