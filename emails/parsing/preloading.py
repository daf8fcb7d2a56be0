"""What a message loads by a name that stands in it, a charset, a type or a time zone, kept in memory: a confined reader
opens no file.
"""

from __future__ import annotations

import encodings
import io
import mimetypes
import os
import sys
import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

# What codecs and dates import when they are first used, and the halves of multibyte codecs that are written in C.
USED_LATER = ("unicodedata", "stringprep", "heapq", "_strptime", "_multibytecodec")
IN_C = ("_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw")
ZONE_FILE = b"TZif"  # RFC 9636
COPIES = ("posix", "right")  # of all zones, in folders beside them

_zones: dict[str, bytes] = {}
_held: list[zoneinfo.ZoneInfo] = []


def preload() -> None:
    """From here on every codec, type and time zone of this system is there without a file."""
    for name in (*USED_LATER, *IN_C):
        with suppress(ImportError):  # not every Python has all of them
            import_module(name)
    mimetypes.init()
    sys.meta_path.insert(0, Kept(encodings))
    for folder in reversed(zoneinfo.TZPATH):  # the first one counts
        _zones.update(zone_files(folder))
    if not _zones:  # they may come from the package tzdata: zoneinfo finds again what somebody holds
        _held.extend(map(zoneinfo.ZoneInfo, sorted(zoneinfo.available_timezones())))


def time_zone(name: str) -> zoneinfo.ZoneInfo:
    """Raises ValueError, OSError or LookupError if there is no such zone."""
    if content := _zones.get(name):
        return zoneinfo.ZoneInfo.from_file(io.BytesIO(content), key=name)
    if _zones:  # else zoneinfo would look further, for files and for a package
        raise zoneinfo.ZoneInfoNotFoundError(name)
    return zoneinfo.ZoneInfo(name)


class Kept:
    """A finder and loader of a package's modules from their code, which was read before. Few are ever asked for."""

    def __init__(self, package: ModuleType) -> None:
        self.codes: dict[str, CodeType] = {}
        folder = package.__path__[0]
        for file in os.listdir(folder) if os.path.isdir(folder) else []:  # it may lie in an archive
            name = f"{package.__name__}.{file.removesuffix('.py')}"
            spec = PathFinder.find_spec(name, package.__path__) if file.endswith(".py") else None
            if spec and isinstance(spec.loader, SourceFileLoader) and (code := spec.loader.get_code(name)):
                self.codes[name] = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self.codes else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """As Python does it."""

    def exec_module(self, module: ModuleType) -> None:
        exec(self.codes[module.__name__], vars(module))  # noqa: S102 - the standard library's own


def zone_files(folder: str) -> Iterator[tuple[str, bytes]]:
    """Each zone's name with its file. There are hundreds: what a Path or a buffer costs would be felt at each start."""
    for where, folders, names in os.walk(folder):
        if where == folder:
            folders[:] = [one for one in folders if one not in COPIES]
        for name in names:
            path = f"{where}/{name}"
            with suppress(OSError), open(path, "rb", 0) as file:
                if (content := file.read()).startswith(ZONE_FILE):
                    yield path[len(folder) + 1 :], content
