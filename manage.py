#!/usr/bin/env python
"""Django's command line."""

import os
import select
import sys

from django.core.management import execute_from_command_line

SIGPIPE = 141  # what a shell says of a program that ended because nobody read on


def main() -> None:
    """A reader that has seen enough, as `head` has, ends the command without a word."""
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        if not reader_has_gone():
            raise
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe: Python flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(SIGPIPE)


def reader_has_gone() -> bool:
    output = select.poll()
    output.register(sys.stdout.fileno(), select.POLLERR)
    return bool(output.poll(0))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
    main()
