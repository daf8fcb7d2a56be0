"""Two versions at a time: while an update is under way, the version before goes on writing to the migrated database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field

OURS = tuple(
    config.label
    for config in apps.get_app_configs()
    if config.name.partition(".")[0] in ("mailai", "emails", "replies")
)
# What says which row it is, or what it holds: a row without it would be none.
NO_DEFAULT = {
    "mailai_postgres_cacheentry": "value",
    "ai_servicetoken": "name provider model",
    "ai_aicall": "kind provider model prompt_version",
    "runs_workerhost": "name pid slots version",
    "runs_taskrun": "kind",
    "emails_mailaccount": "name address imap_host imap_user",
    "emails_folder": "name",
    "emails_servercopy": "uidvalidity uid",
    "emails_batch": "kind",
    "emails_upload": "size",
    "emails_uploadfile": "position name size",
    "emails_uploadpiece": "number content",
    "emails_email": "raw content_hash dedupe_key thread_key",
    "emails_attachment": "position name content_type size content",
    "emails_shownsender": "address",
    "emails_analysis": (
        "kind urgency importance category summary reasoning language confidence provider model prompt_version"
    ),
    "replies_draft": "version",
    "replies_sending": "revision message_id sender raw",
}
# The last migrations of the release before: what they did is done. A release moves them on.
BEFORE = {
    "mailai_postgres": "0001_initial",
    "appearance": "0001_initial",
    "ai": "0003_concurrency",
    "runs": "0010_awaited",
    "emails": "0012_onboarding",
    "replies": "0003_sending",
}
# Tables that every press and every message writes to, and that may be large.
BUSY = {
    "taskrun",
    "aicall",
    "email",
    "attachment",
    "analysis",
    "servercopy",
    "draft",
    "sending",
    "uploadpiece",
}


@pytest.mark.django_db
def test_every_column_has_a_default_unless_a_row_without_it_would_be_none():
    found: dict[str, set[str]] = {}
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            keys = {
                field.column
                for field in model._meta.concrete_fields
                if field.primary_key or field.is_relation
            }
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
                    " AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'",
                    [model._meta.db_table],
                )
                if columns := {name for (name,) in cursor.fetchall()} - keys:
                    found[model._meta.db_table] = columns

    assert found == {table: set(columns.split()) for table, columns in NO_DEFAULT.items()}


def new_operations() -> Iterator[tuple[Migration, Operation, ProjectState]]:
    """Every operation of a migration after those of BEFORE, with the state that it meets."""
    loader = MigrationLoader(None)
    for key in loader.graph.leaf_nodes():
        if key[0] in OURS:
            for app, name in loader.graph.forwards_plan(key):
                if app in OURS and name > BEFORE.get(app, ""):
                    migration = loader.disk_migrations[app, name]
                    state = loader.project_state((app, name), at_end=False)
                    for operation in migration.operations:
                        yield migration, operation, state
                        operation.state_forwards(app, state)


def complaint(migration: Migration, operation: Operation, state: ProjectState) -> str:
    """Why the version before could not go on beside this, "" if it can."""
    match operation:
        case operations.AddField(field=field) if not (
            field.null or field.has_db_default() or field.many_to_many
        ):
            return "a new column that may not be null needs a db_default: the version before does not name it"
        case (
            operations.RemoveField()
            | operations.DeleteModel()
            | operations.RenameField()
            | operations.RenameModel()
        ):
            return "the version before still reads it: stop using it in one release, remove it in the next"
        case AddConstraintNotValid():
            return ""
        case AddIndexConcurrently():
            return "" if not migration.atomic else "CONCURRENTLY needs a migration with atomic = False"
        case operations.AddIndex(model_name_lower=model) if model in BUSY:
            return "the table cannot be written to meanwhile: use AddIndexConcurrently"
        case operations.AddConstraint(model_name_lower=model) if model in BUSY:
            return "the table is locked while it is read: use AddConstraintNotValid, then ValidateConstraint"
        case operations.AlterField(model_name_lower=model, name=name, field=field) if model in BUSY:
            before = state.models[migration.app_label, model].fields[name]
            return "" if same_column(before, field) else "the table is locked while it is written anew"
    return ""


def same_column(before: Field[Any, Any], after: Field[Any, Any]) -> bool:
    """Whether no row has to be looked at: the type and NULL stay, or become wider."""
    if before.remote_field or after.remote_field:
        targets = [getattr(field.remote_field, "model", None) for field in (before, after)]
        return targets[0] == targets[1] and (after.null or not before.null)
    types = [field.db_parameters(connection)["type"] for field in (before, after)]
    widths = [getattr(field, "max_length", None) or 0 for field in (before, after)]
    kept = types[0] == types[1] or (type(before) is type(after) and widths[0] <= widths[1])
    return kept and (after.null or not before.null) and before.db_index == after.db_index


def test_the_version_before_goes_on_beside_every_new_migration():
    complaints = [
        f"{migration}: {operation.describe()}: {told}"
        for migration, operation, state in new_operations()
        if (told := complaint(migration, operation, state))
    ]

    assert not complaints, "\n".join(complaints)


class TestComplaints:
    """What it would say of migrations that nobody should write."""

    STATE = MigrationLoader(None).project_state(("runs", BEFORE["runs"]))

    def of(self, operation: Operation, atomic: bool = True, app: str = "runs") -> str:
        migration = Migration("0099_new", app)
        migration.atomic = atomic
        return complaint(migration, operation, self.STATE.clone())

    @pytest.mark.parametrize(
        ("field", "bad"),
        [
            ({"default": 0}, True),
            ({"default": 0, "db_default": 0}, False),
            ({"db_default": 0}, False),
            ({"null": True}, False),
        ],
    )
    def test_a_new_column_has_its_default_in_the_database(self, field, bad):
        operation = operations.AddField("taskrun", "more", models.IntegerField(**field))

        assert ("db_default" in self.of(operation)) is bad

    def test_an_index_on_a_busy_table_is_made_beside_its_use(self):
        index = models.Index(fields=["kind"], name="x")

        assert "AddIndexConcurrently" in self.of(operations.AddIndex("taskrun", index))
        assert "atomic" in self.of(AddIndexConcurrently("taskrun", index))
        assert self.of(AddIndexConcurrently("taskrun", index), atomic=False) == ""
        assert self.of(operations.AddIndex("workerhost", index)) == ""

    def test_a_check_on_a_busy_table_is_validated_afterwards(self):
        check = models.CheckConstraint(condition=models.Q(done__gte=0), name="x")

        assert "NotValid" in self.of(operations.AddConstraint("taskrun", check))
        assert self.of(AddConstraintNotValid("taskrun", check)) == ""

    @pytest.mark.parametrize(
        ("field", "bad"),
        [
            (models.CharField(max_length=20, db_default="base"), False),
            (models.CharField(max_length=30), False),
            (models.CharField(max_length=20, null=True), False),
            (models.CharField(max_length=10), True),
            (models.IntegerField(), True),
            (models.CharField(max_length=20, db_index=True), True),
        ],
    )
    def test_a_busy_table_is_not_written_anew(self, field, bad):
        assert bool(self.of(operations.AlterField("taskrun", "kind", field))) is bad

    def test_a_column_may_not_become_not_null(self):
        field = models.JSONField(default=dict, db_default={})

        assert self.of(operations.AlterField("taskrun", "result", field))

    def test_what_the_version_before_reads_is_not_removed(self):
        assert self.of(operations.RemoveField("taskrun", "kind"))
        assert self.of(operations.RenameField("taskrun", "kind", "sort"))
        assert self.of(operations.DeleteModel("workerhost"))
