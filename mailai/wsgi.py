"""What a WSGI server serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
os.environ.setdefault("MAILAI_WEB_PROCESS", "1")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reads every view now, not in the first request
