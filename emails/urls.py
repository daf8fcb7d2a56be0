from django.urls import path

from emails.accounts import views as accounts
from emails.figures.views import figures
from emails.onboarding import views as onboarding
from emails.uploads import views as uploads
from emails.views import batches, inbox, keeping, neighbours, pages, press, reading, senders

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("inbox/news", inbox.news, name="inbox-news"),
    path("inbox/act", inbox.act, name="inbox-act"),
    path("inbox/undo", inbox.undo, name="inbox-undo"),
    path("inbox/analyse", batches.analyse, name="inbox-analyse"),
    path("batches/<int:batch_id>/status", batches.status, name="batch-status"),
    path("batches/<int:batch_id>/retry", batches.retry, name="batch-retry"),
    path("batches/<int:batch_id>/cancel", batches.cancel, name="batch-cancel"),
    path("batches/<int:batch_id>/close", batches.close, name="batch-close"),
    path("email/<int:email_id>/done", keeping.done, name="email-done"),
    path("email/<int:email_id>/undone", keeping.undone, name="email-undone"),
    path("email/<int:email_id>/unread", keeping.unread, name="email-unread"),
    path("email/<int:email_id>/", pages.email, name="email"),
    path("email/<int:email_id>/next", neighbours.neighbour, {"forward": True}, name="email-next"),
    path("email/<int:email_id>/previous", neighbours.neighbour, {"forward": False}, name="email-previous"),
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
    path("start/dismiss", onboarding.dismiss, name="start-dismiss"),
    path("start/local", onboarding.stay_local, name="start-local"),
    path("mail/upload", uploads.upload, name="upload"),
    path("mail/sample", uploads.bring_sample, name="sample"),
    path("mail/sample/remove", uploads.remove_sample, name="sample-remove"),
    path("figures/", figures, name="figures"),
]
