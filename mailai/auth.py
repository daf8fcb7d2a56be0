"""Django's own users and passwords, read with a statement that is not composed anew for every request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db import connection

COLUMNS = [field.attname for field in User._meta.concrete_fields]
READ = f"SELECT {', '.join(COLUMNS)} FROM {User._meta.db_table} WHERE id = %s"


class Backend(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        with connection.cursor() as cursor:
            cursor.execute(READ, [user_id])
            row = cursor.fetchone()
        user = row and User.from_db(connection.alias, COLUMNS, row)
        return user if user and self.user_can_authenticate(user) else None
