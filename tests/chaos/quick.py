"""`manage.py worker` with a quicker pulse and reaper: `python tests/chaos/quick.py SECONDS`.

For the suite, which cannot wait the half minute after which a wedged cluster is found out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django  # noqa: E402

django.setup()

from mailai.runs import pulse, supervisor  # noqa: E402

if __name__ == "__main__":
    pulse.EVERY = float(sys.argv[1])
    # A supervisor that looked more rarely would take itself for having slept.
    supervisor.REAP_EVERY = pulse.EVERY / 2
    pulse.IDLE = 5.0
    pulse.STARTING = 20.0  # a busy machine needs some seconds for a start
    supervisor.RESPAWN_AFTER = (0.0, pulse.EVERY)
    supervisor.Supervisor(command=[sys.executable, str(ROOT / "manage.py"), "worker", "--cluster"]).run()
