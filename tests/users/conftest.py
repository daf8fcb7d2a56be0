from tests.runs.conftest import probe, running  # noqa: F401 - a kind whose work is up to the test, and a worker
