"""Staff help users; what rights anybody has is for superusers alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User

from emails.models import MailAccount
from mailai.ai.models import ServiceToken
from tests.factories import make_account, make_token, make_user

USERS, GROUPS = "/admin/auth/user/", "/admin/auth/group/"
EVERY_RIGHT = {
    "is_active": "on",
    "is_staff": "on",
    "is_superuser": "on",
    "date_joined_0": "2020-01-01",
    "date_joined_1": "00:00",
}
PASSWORD = {"password1": "a long new phrase", "password2": "a long new phrase", "usable_password": "true"}


@pytest.fixture
def group(db):
    return Group.objects.create(name="All of it")


@pytest.fixture
def staff(group):
    """May do with users and groups whatever a permission allows."""
    staff = make_user("staff", is_staff=True)
    mine = Permission.objects.filter(content_type__app_label="auth")
    staff.user_permissions.set(mine)
    group.permissions.set(Permission.objects.all())
    return staff


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


def rights(user):
    user = User.objects.get(pk=user.pk)
    groups = list(user.groups.values_list("name", flat=True))
    return user.is_staff, user.is_superuser, groups, user.user_permissions.count()


def every_right(user, group):
    some = list(Permission.objects.values_list("pk", flat=True)[:50])
    return EVERY_RIGHT | {
        "username": user.username,
        "groups": [group.pk],
        "user_permissions": some,
        "_save": "Save",
    }


def test_it_lets_staff_change_a_user_but_no_rights(enter, staff, group, user):
    client = enter(staff)
    fields = every_right(user, group) | {"first_name": "Alexandra", "is_active": ""}

    assert client.post(f"{USERS}{user.pk}/change/", fields).status_code == 302

    user.refresh_from_db()
    assert user.first_name == "Alexandra"
    assert not user.is_active
    assert rights(user) == (False, False, [], 0)
    html = client.get(f"{USERS}{user.pk}/change/").content.decode()
    assert "is_superuser" not in html
    assert "user_permissions" not in html


@pytest.mark.parametrize("who", ["staff", "root", "colleague", "fallen"])
def test_it_lets_staff_change_no_operator_nor_themselves(enter, staff, group, root, who):
    make_user("colleague", is_staff=True)
    make_user("fallen", is_superuser=True)  # no staff any more, and one box away from it
    other = User.objects.get(username=who)
    other.set_password("as it was")
    other.save()
    before = rights(other)
    client = enter(staff)

    client.post(f"{USERS}{other.pk}/change/", every_right(other, group) | {"first_name": "Mallory"})
    client.post(f"{USERS}{other.pk}/password/", PASSWORD)

    other.refresh_from_db()
    assert other.first_name != "Mallory"
    assert other.check_password("as it was")
    assert rights(other) == before


def test_it_lets_staff_add_a_user_without_rights(enter, staff, group):
    client = enter(staff)

    fields = {"username": "new", **PASSWORD, **EVERY_RIGHT, "groups": [group.pk]}
    assert client.post(f"{USERS}add/", fields).status_code == 302

    new = User.objects.get(username="new")
    assert new.check_password(PASSWORD["password1"])
    assert rights(new) == (False, False, [], 0)


def test_it_lets_staff_set_the_password_of_a_user_without_rights(enter, staff, user):
    assert enter(staff).post(f"{USERS}{user.pk}/password/", PASSWORD).status_code == 302

    user.refresh_from_db()
    assert user.check_password(PASSWORD["password1"])


def test_it_lets_staff_give_no_group_more_rights(enter, staff, group):
    mine = Group.objects.create(name="Mine")
    staff.groups.add(mine)
    fields = {"name": "Mine", "permissions": list(Permission.objects.values_list("pk", flat=True))}
    client = enter(staff)

    assert client.post(f"{GROUPS}{mine.pk}/change/", fields).status_code == 403
    assert client.post(f"{GROUPS}add/", fields | {"name": "More"}).status_code == 403
    assert client.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert mine.permissions.count() == 0
    assert set(Group.objects.values_list("name", flat=True)) == {"Mine", "All of it"}


@pytest.mark.parametrize("action", ["delete_selected", "delete_users"])
def test_it_lets_staff_delete_nobody(enter, staff, user, root, action):
    client = enter(staff)

    for other in (user, root, staff):
        client.post(f"{USERS}{other.pk}/delete/", {"post": "yes", "confirmed": "yes"})
    chosen = [user.pk, root.pk, staff.pk]
    client.post(USERS, {"action": action, "_selected_action": chosen, "post": "yes", "confirmed": "yes"})

    assert User.objects.filter(pk__in=chosen, is_active=True).count() == 3


def test_it_lets_a_superuser_give_rights(enter, root, user, group):
    client = enter(root)

    assert client.post(f"{USERS}{user.pk}/change/", every_right(user, group)).status_code == 302

    assert rights(user) == (True, True, ["All of it"], 50)


def test_it_lets_nobody_lead_a_key_or_a_password_elsewhere(enter, root, user):
    """Whoever could change the server of a token or an account would be sent its key."""
    token, account = make_token(user), make_account(user)
    client = enter(root)

    elsewhere = {"base_url": "https://evil.example", "provider": "ollama", "imap_host": "evil.example"}
    assert client.post(f"/admin/ai/servicetoken/{token.pk}/change/", elsewhere).status_code == 403
    assert client.post(f"/admin/emails/mailaccount/{account.pk}/change/", elsewhere).status_code == 403

    assert ServiceToken.objects.get().base_url == ""
    assert MailAccount.objects.get().imap_host == "127.0.0.1"
