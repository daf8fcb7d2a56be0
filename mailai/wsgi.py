"""What a WSGI server serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
os.environ.setdefault("MAILAI_WEB_PROCESS", "1")

# A thread that waits for the database must not wait 5 ms more, at every query, for one that renders a page. Switching
# even more often costs more than it brings where all threads are busy.
sys.setswitchinterval(0.002)

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reads every view now, not in the first request

# What is there now stays, so the collector need not look through it again and again.
gc.collect()
gc.freeze()
