"""No page of the admin answers with what people wrote, and no address of it lets one ask, letter by letter."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import ForeignKey
from django.test.utils import CaptureQueriesContext

from mailai.admin import OperatorsAdmin
from mailai.users.admin import UserAdmin
from tests.factories import make_user
from tests.users.everything import logged, make_everything

MARK = "zwetschgenknödel"
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
each_model = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def operator(enter, root):
    return enter(root)


@pytest.fixture
def written(db):
    """A user whom operators know by a name and an address, neither of which is in what they wrote."""
    user = make_everything(MARK)
    type(user).objects.filter(pk=user.pk).update(
        username="ada", email="ada@example.org", first_name="", last_name=""
    )
    LogEntry.objects.all().delete()
    user.refresh_from_db()
    return user


def list_of(model):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def name_of(field):
    return field.name if field.concrete else field.field.related_query_name()


def columns(model, depth=2):
    """The ways to every column of a model and, forwards and backwards, of what it is related to."""
    for field in model._meta.get_fields():
        name = name_of(field)
        yield name
        if depth > 1 and field.is_relation and field.related_model:
            yield from (f"{name}__{further}" for further in columns(field.related_model, depth - 1))


@each_model
def test_it_lets_no_address_name_a_column(operator, written, model):
    page, request = admin.site._registry[model], operator.get("/admin/").wsgi_request
    filters = {each if isinstance(each, str) else each[0] for each in plain_filters(page)}

    for column in columns(model):
        for lookup in ("startswith", "regex", "gte", "in", "contains", "0__startswith"):
            assert not page.lookup_allowed(f"{column}__{lookup}", "a", request)
    for field in model._meta.get_fields():
        name = name_of(field)
        for asked in (f"{name}__startswith", f"{name}__gte", f"{name}__regex", f"{name}__id__gte"):
            assert operator.get(list_of(model), {asked: "a"}).status_code == 400, asked
        if name not in filters:
            assert operator.get(list_of(model), {f"{name}__exact": "a"}).status_code == 400, name


def plain_filters(page):
    """Those that offer the values of a column."""
    return [
        each
        for each in page.list_filter
        if isinstance(each, str) or (isinstance(each, tuple) and each[1] is not admin.EmptyFieldListFilter)
    ]


def test_it_asks_every_page_to_keep_to_this():
    assert not [page for page in admin.site._registry.values() if not isinstance(page, OperatorsAdmin)]


@each_model
def test_it_shows_nothing_that_a_user_wrote(operator, written, model):
    for row in model.objects.all():
        logged(written, row, f"{row}")
    shown = [list_of(model), f"{list_of(model)}?_popup=1", f"{list_of(model)}?all=", "/admin/"]
    rows = [f"{list_of(model)}{row.pk}/" for row in model.objects.all()[:3]]
    for path in [*shown, *(f"{row}{page}/" for row in rows for page in ("change", "history", "delete"))]:
        with CaptureQueriesContext(connection) as captured:
            answer = operator.get(path)
        assert answer.status_code in (200, 403), path
        assert MARK not in answer.content.decode(), path
        for query in captured:
            for table, column in secrets():
                assert f'"{table}"."{column}"' not in query["sql"], (path, column)


@each_model
def test_it_finds_no_row_by_what_a_user_wrote(operator, written, model):
    if not admin.site._registry[model].search_fields:
        return
    for words in (MARK, MARK[:3], f"{MARK}@example", f"{MARK} writes", "offers"):
        cl = operator.get(list_of(model), {"q": words}).context["cl"]
        assert not cl.result_list, (words, cl.result_list)


@each_model
def test_it_orders_by_nothing_that_is_not_shown(operator, written, model):
    for number in range(13):
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(list_of(model), {"o": number}).status_code == 200
        for query in captured:
            order = query["sql"].partition("ORDER BY")[2]
            assert not [each for each in secrets() if '"{}"."{}"'.format(*each) in order], order


def test_it_completes_no_words(operator, written):
    """The view that completes a field's words answers for every relation, whatever the forms offer."""
    for model in REGISTERED:
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                asked = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                for term in ("", MARK[:4]):
                    answer = operator.get("/admin/autocomplete/", asked | {"term": term})
                    assert MARK not in answer.content.decode(), asked
                    if term and answer.status_code == 200:
                        assert answer.json()["results"] == [], asked


@pytest.mark.parametrize("field", ["text", "subject", "password", "encrypted_key", "email__text"])
def test_it_leads_to_no_row_by_another_field(operator, written, field):
    for model in REGISTERED:
        for path in (list_of(model), f"{list_of(model)}{MARK}/change/"):
            assert operator.get(path, {"_to_field": field}).status_code in (400, 302), path


def test_it_asks_a_user_by_no_part_of_the_hash(operator, root):
    root.set_password("right")
    root.save()

    operator.force_login(root)

    for column in ("password", "groups__user__password", "user_permissions__user__password"):
        assert operator.get("/admin/auth/user/", {f"{column}__startswith": "pbkdf2"}).status_code == 400
    assert operator.get("/admin/auth/group/", {"user__password__startswith": "p"}).status_code == 400
    assert "password" not in UserAdmin.list_display


def secrets():
    """What is written by users or about their mail, by table and column; and all ciphertext."""
    for table, names in {
        "emails_email": "raw text html headers invitation subject sender_name sender_address to cc reply_to references "
        "in_reply_to user_tags",
        "emails_analysis": "summary reasoning tags questions deadlines suggestions",
        "emails_mailaccount": "name address imap_user smtp_user imap_secret smtp_secret folders sent_folder "
        "drafts_folder",
        "ai_servicetoken": "name encrypted_key",
        "runs_taskrun": "partial result params",
        "replies_draft": "text instructions",
        "replies_sending": "raw to cc sender refused",
        "replies_writingprofile": "name about signature greeting closing preferences",
    }.items():
        yield from ((table, name) for name in names.split())
