from django.urls import path

from mailai.ai import views

urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token_id>/test", views.test_token, name="token-test"),
    path("tokens/<int:token_id>/revoke", views.revoke_token, name="token-revoke"),
]
