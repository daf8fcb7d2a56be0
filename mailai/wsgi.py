"""What a WSGI server serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")
os.environ.setdefault("MAILAI_WEB_PROCESS", "1")

application = get_wsgi_application()
