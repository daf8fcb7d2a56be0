"""Mail from files into a user's mailbox: never lost, never twice, and one bad message never stops the rest."""

from emails.importing.sources import count, messages
from emails.importing.storing import Outcome, store

__all__ = ["Outcome", "count", "messages", "store"]
