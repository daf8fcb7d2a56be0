from django.urls import path

from emails.accounts import views as accounts
from emails.figures.views import figures
from emails.views import pages, press, reading, senders

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("email/<int:email_id>/", pages.email, name="email"),
    path("email/<int:email_id>/correct", pages.correct, name="email-correct"),
    path("email/<int:email_id>/reprocess", press.reprocess, name="email-reprocess"),
    path("email/<int:email_id>/optimize", press.optimize, name="email-optimize"),
    path("email/<int:email_id>/html", reading.frame, name="email-frame"),
    path("email/<int:email_id>/attachments/<int:position>", reading.attachment, name="attachment"),
    path("email/<int:email_id>/text", reading.text, name="email-text"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<int:account_id>/edit", accounts.edit, name="account-edit"),
    path("accounts/<int:account_id>/card", accounts.card, name="account-card"),
    path("accounts/<int:account_id>/test", accounts.test, name="account-test"),
    path("accounts/<int:account_id>/keep", accounts.keep, name="account-keep"),
    path("accounts/<int:account_id>/fetch", accounts.fetch, name="account-fetch"),
    path("accounts/<int:account_id>/schedule", accounts.schedule, name="account-schedule"),
    path("accounts/<int:account_id>/remove", accounts.remove, name="account-remove"),
    path("email/<int:email_id>/source", reading.source, name="email-source"),
    path("email/<int:email_id>/headers", reading.headers, name="email-headers"),
    path("email/<int:email_id>/images", senders.choose, name="email-images"),
    path("senders/", senders.shown, name="shown-senders"),
    path("senders/<int:sender_id>/forget", senders.forget, name="shown-sender-forget"),
    path("figures/", figures, name="figures"),
]
