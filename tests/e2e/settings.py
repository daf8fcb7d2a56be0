"""mailai's settings, and a middleware that keeps every answer in HTML, for the web server that browsers test."""

from mailai.settings import *  # noqa: F403
from mailai.settings import MIDDLEWARE

MIDDLEWARE = ["tests.e2e.answers.Keep", *MIDDLEWARE]
