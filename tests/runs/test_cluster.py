"""What a cluster does before it forks: whatever is loaded then is shared by all of its workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from mailai.ai.fake import FakeOpenAI

ROOT = Path(__file__).resolve().parents[2]
FIRST_CALL = """
import json, sys, time
import django
django.setup()
from mailai.runs.cluster import warm_up
warm_up()
before = set(sys.modules)
from mailai.ai import client
from mailai.ai.question import Credential, Question
from mailai.ai.schemas import BaseAnswer
pieces = []
client.ask(
    Question(kind="base", prompt_version="1", system="Sort.", user="Subject: Hello", schema=BaseAnswer),
    Credential("openai", "fake", "secret"),
    time.monotonic() + 30,
    pieces.append,
)
print(json.dumps([len(pieces), sorted(set(sys.modules) - before)]))
"""


def test_a_first_call_finds_all_loaded():
    """Each worker would load for itself what is missing here: it was 27 MB of types and decoders."""
    with FakeOpenAI() as fake:
        told = {"MAILAI_OPENAI_BASE_URL": fake.url, "DJANGO_SETTINGS_MODULE": "mailai.settings"}
        said = subprocess.run(
            [sys.executable, "-c", FIRST_CALL],
            cwd=ROOT,
            env=os.environ | told,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    pieces, loaded = json.loads(said.stdout)
    assert pieces
    assert loaded == []
