"""mailai's settings, with the static files that production serves in a folder of the test's."""

import os

from mailai.settings import *  # noqa: F403

STATIC_ROOT = os.environ["MAILAI_TEST_STATIC"]
