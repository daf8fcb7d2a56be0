"""What a WSGI server serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from mailai.ai import ciphertext

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
os.environ.setdefault("MAILAI_WEB_PROCESS", "1")

# Requests wait for the database every millisecond or two, and let another thread run then. Taking turns in between,
# as often as Python has it, makes all of them finish late: each is interrupted again and again, and the processors
# spend their time on switching. Only a page that computes for long must let others in.
sys.setswitchinterval(0.1)

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reads every view now, not in the first request

ciphertext.tell()

# What is there now stays, so the collector need not look through it again and again.
gc.collect()
gc.freeze()
