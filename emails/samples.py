"""The sample mailbox: where it lies, and whose it is."""

from __future__ import annotations

from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"
READER = "demo@mailai.example"
