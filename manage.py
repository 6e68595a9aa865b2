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

    return execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
