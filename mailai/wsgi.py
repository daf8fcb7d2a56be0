"""What a WSGI server serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
os.environ.setdefault("MAILAI_WEB_PROCESS", "1")

# A thread that waits for the database must not wait 5 ms more, at every query, for one that renders a page.
sys.setswitchinterval(0.0005)

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reads every view now, not in the first request
