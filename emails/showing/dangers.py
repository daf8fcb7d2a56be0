"""Which attachments may do harm when they are opened: by their names, and by what their first bytes say they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emails.parsing.filenames import safe
from mailai.files import Danger, danger_of_name

START = 512  # bytes that tell what most files are
PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",  # Java, macOS
    b"\xfe\xed\xfa",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"ITSF",  # compiled help
    b"!<arch>\ndebian",
)
BEGINNINGS = {
    Danger.PROGRAM: PROGRAMS,
    Danger.SHORTCUT: (b"L\x00\x00\x00\x01\x14\x02\x00",),
    Danger.MACROS: (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d",),  # OneNote
    Danger.DISK: (b"conectix", b"vhdxfile", b"MSWIM\x00", b"KDMV"),
}
INTERNET_SHORTCUT = re.compile(rb"\s*\[(?:InternetShortcut|Desktop Entry|\{000214A0)", re.I)
PAGE = re.compile(
    rb"(?:<\?xml[^>]{0,200}\?>|<!--(?:(?!-->).){0,400}+-->|\s)*+"
    rb"<(?:!doctype\s+(?:html|svg)|html|head|body|script|iframe|svg|meta|form)\b",
    re.I | re.S,
)
ARCHIVED_PAGE = re.compile(
    rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*+){0,20}content-type:\s*multipart/related", re.I
)
ISO, ISO_AT = b"CD001", (0x8001, 0x8801, 0x9001)
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
ZIP_MACROS = b"vbaProject.bin"
ZIP_ENTRY = re.compile(rb"PK\x01\x02.{24}(..).{16}", re.S)  # of its directory, with the length of a name
MOST_ENTRIES, LONGEST_ENDING = 20_000, 40
# What nobody sends on purpose in an archive but to have it started. Sources of programs are sent all the time.
STARTED = re.compile(
    r"\.(?:exe|scr|com|pif|bat|cmd|msi|vbs|vbe|jse|wsf|hta|lnk|url|iso|img|vhd|ps1|cpl)$", re.I
)
# Endings that a person takes for harmless when another one follows.
HARMLESS = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|rtf|txt|csv|jpe?g|png|gif|webp|heic|tiff?|zip|mp[34]|wav|eml|msg)"
    r"[\s_.-]*\.[^.]+$",
    re.I,
)


@dataclass(frozen=True)
class Found:
    danger: Danger
    is_disguised: bool
    """Whether its name makes it look like something else."""


def danger_in(name: str, content: bytes) -> Found | None:
    """What to tell a person before the download. `content` is all of it, or its first START bytes to say less."""
    named, turned = danger_of_name(safe(name)), "\u202e" in name
    inside = danger_of_content(content)
    if named:
        return Found(named, turned or bool(HARMLESS.search(safe(name))))
    if inside:
        return Found(inside, inside != Danger.ARCHIVE)
    return None


def danger_of_content(content: bytes) -> Danger | None:
    start = content[:START].removeprefix(b"\xef\xbb\xbf")
    for danger, beginnings in BEGINNINGS.items():
        if start.startswith(beginnings):
            return danger
    if INTERNET_SHORTCUT.match(start):
        return Danger.SHORTCUT
    if PAGE.match(in_bytes(start)) or ARCHIVED_PAGE.match(start):
        return Danger.PAGE
    if any(content.startswith(ISO, at) for at in ISO_AT):
        return Danger.DISK
    if (start.startswith(OLE) and OLE_MACROS in content) or (start.startswith(ZIP) and ZIP_MACROS in content):
        return Danger.MACROS
    return Danger.ARCHIVE if start.startswith(ZIP) and holds_a_program(content) else None


def in_bytes(start: bytes) -> bytes:
    """UTF-16, as browsers read it too, in one byte for each letter of ASCII."""
    return start.replace(b"\x00", b"")[2:] if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start


def holds_a_program(archive: bytes) -> bool:
    """By the names that a ZIP archive's directory has (APPNOTE.TXT 4.3.12). Of very many, the rest counts as one."""
    for number, entry in enumerate(ZIP_ENTRY.finditer(archive)):
        end = entry.end() + int.from_bytes(entry[1], "little")
        ending = archive[max(entry.end(), end - LONGEST_ENDING) : end]
        if number == MOST_ENTRIES or STARTED.search(ending.decode("utf-8", "replace").rstrip(". ")):
            return True
    return False
