"""Hostile mail read in child processes: what a message does to its reader ends with that reader.

`read_all` takes messages and gives back what they say, in order. A child has limits of memory, processor time and
wall-clock time for each message, no secret in its environment, and no way to the database.
"""

from emails.parsing.contained.job import Job, Limits
from emails.parsing.contained.pool import NoReaderError, read_all

__all__ = ["Job", "Limits", "NoReaderError", "read_all"]
