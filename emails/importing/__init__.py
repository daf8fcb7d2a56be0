"""Mail from files into a user's mailbox: never lost, never twice, and one bad message never stops the rest."""

from emails.importing.arrival import Arrival, Outcome, Stored
from emails.importing.sources import count, count_in, messages, messages_in
from emails.importing.storing import put, read, store, store_all

__all__ = [
    "Arrival",
    "Outcome",
    "Stored",
    "count",
    "count_in",
    "messages",
    "messages_in",
    "put",
    "read",
    "store",
    "store_all",
]
