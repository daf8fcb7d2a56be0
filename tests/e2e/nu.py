"""The Nu HTML checker (https://validator.github.io/validator/): HTML as the living standard has it."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

JAR = Path(__file__).parents[2] / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
HTMX = re.compile(r"Attribute “hx-[a-z-]+” not allowed on element “[a-z]+” at this point\.")


def complaints(folder: Path) -> list[str]:
    """About all the files of a folder, one line for each error, with a place that shows it.

    htmx's own attributes are all that may go beyond the standard.
    """
    command = [
        "java",
        "-jar",
        str(JAR),
        "--errors-only",
        "--format",
        "json",
        "--exit-zero-always",
        str(folder),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = defaultdict(list)
    for error in json.loads(said)["messages"]:
        if not HTMX.fullmatch(error["message"]):
            found[re.sub(r"\d+", "0", error["message"])].append(error)
    return [f"{len(told)} × {error}, {place_of(told[0])}" for error, told in found.items()]


def place_of(error: dict[str, Any]) -> str:
    where = f"{Path(error.get('url', '')).name}:{error.get('lastLine')}"
    return f"as in {where}: {error.get('extract')!r}"
