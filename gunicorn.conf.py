"""gunicorn: threads, because a page waits for the database and never for a model; and processes, two for each core of
a small host, because in each of them one thread computes at a time. What they have in common is loaded once.
"""

from pathlib import Path

from mailai.environment import Environment

env = Environment(expand_vars=False)
env.read_env(str(Path(__file__).with_name(".env")), recurse=False)

wsgi_app = "mailai.wsgi"
worker_class = "mailai.webworker.PatientWorker"
workers = env.int("WEB_CONCURRENCY", 4)
threads = env.int("WEB_THREADS", 4)
preload_app = True
timeout = 30
graceful_timeout = 10
keepalive = 5
control_socket_disable = True
# Which proxies are trusted, the settings say and Django does (mailai/proxies.py).
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
