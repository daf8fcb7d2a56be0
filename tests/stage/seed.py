"""Run in a version's folder: users with a password, logged in, each with messages and two tokens, as JSON."""

import json
import sys

import django

django.setup()

from tests.factories import make_email, make_token, make_user  # noqa: E402 - once the settings are read
from tests.processes import login_of  # noqa: E402

users, messages, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
made = {}
for number in range(users):
    user = make_user(f"user{number}")
    user.set_password(password)
    user.save()
    made[user.username] = {
        "cookie": login_of(user)["Cookie"],
        "emails": [make_email(user).pk for _ in range(messages)],
        "quick": make_token(user, "fake:latency=0.2").pk,
        "slow": make_token(user, "fake:latency=3").pk,
    }
print(json.dumps(made))  # noqa: T201
