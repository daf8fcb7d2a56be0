from django.urls import path

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
    path("email/<int:email_id>/source", reading.source, name="email-source"),
    path("email/<int:email_id>/headers", reading.headers, name="email-headers"),
    path("email/<int:email_id>/images", senders.choose, name="email-images"),
    path("senders/", senders.shown, name="shown-senders"),
    path("senders/<int:sender_id>/forget", senders.forget, name="shown-sender-forget"),
]
