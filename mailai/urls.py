"""Every address. The admin is for operators; the rest is a user's own."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from mailai.appearance import choosing
from mailai.login import ChangePassword, Login, admin_login
from mailai.styleguide import styleguide

urlpatterns = [
    path("admin/login/", admin_login),
    path("admin/password_change/", admin.site.admin_view(ChangePassword.as_view(), cacheable=True)),
    path("admin/", admin.site.urls),
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", choosing.choose_language, name="language"),
    path("theme/", choosing.choose_theme, name="theme"),
    path("styleguide/", styleguide, name="styleguide"),
    path("", include("mailai.runs.urls")),
    path("", include("mailai.ai.urls")),
    path("", include("emails.urls")),
    path("", include("replies.urls")),
]

handler400 = "mailai.views.bad_request"
handler404 = "mailai.views.not_found"
handler500 = "mailai.views.server_error"
