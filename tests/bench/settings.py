"""mailai's settings, and a kind of run that does nothing, for the processes of a bench."""

from mailai.settings import *  # noqa: F403
from mailai.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench"]

NOTHING = "bench"
for values in [value for name, value in globals().items() if name.startswith("MAILAI_")]:
    if isinstance(values, dict) and "base" in values:
        values[NOTHING] = values["base"]
