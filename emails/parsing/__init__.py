"""Raw mail to plain values: pure, linear in the size of the mail, and it takes any bytes without raising."""

from emails.parsing.message import parse, parse_headers
from emails.parsing.parsed import PARSER_VERSION, Parsed, ParsedAttachment, Trouble
from emails.parsing.quoting import new_text
from emails.parsing.sanitise import remote_images

__all__ = [
    "PARSER_VERSION",
    "Parsed",
    "ParsedAttachment",
    "Trouble",
    "new_text",
    "parse",
    "parse_headers",
    "remote_images",
]
