"""gunicorn: threads, because a page waits for the database and never for a model."""

import os

wsgi_app = "mailai.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 10
keepalive = 5
control_socket_disable = True
