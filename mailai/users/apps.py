from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "mailai.users"
    label = "users"
