"""Runs Python files as programs, each in a process of its own that begins with the large libraries already imported.

A fresh interpreter that imports the OpenAI client costs a second; a fork of one that has it costs nothing.
"""

import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

PRELOADED = ("httpx", "openai")
OUT, ERRORS = "stdout.txt", "stderr.txt"


class Forks:
    """The process that forks. A file's output and errors are kept next to it."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, file: Path, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Exit code, output and errors of `python file` in the file's folder, with this environment and no other."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps([str(file), dict(env)]) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return code, (file.parent / OUT).read_bytes(), (file.parent / ERRORS).read_bytes()

    def close(self) -> None:
        self.server.communicate()


def _serve() -> None:
    for name in PRELOADED:
        __import__(name)
    for line in sys.stdin:
        file, env = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(Path(file), env)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(file: Path, env: dict[str, str]) -> None:
    code = 1
    try:
        os.chdir(file.parent)
        os.environ.clear()
        os.environ.update(env)
        for name, number in ((OUT, 1), (ERRORS, 2)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        sys.path[0], sys.argv = str(file.parent), [str(file)]
        runpy.run_path(str(file), run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
