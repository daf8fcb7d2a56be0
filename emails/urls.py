from django.urls import path

from emails.figures.views import figures
from emails.views import pages, press, reading

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("email/<int:email_id>/", pages.email, name="email"),
    path("email/<int:email_id>/correct", pages.correct, name="email-correct"),
    path("email/<int:email_id>/reprocess", press.reprocess, name="email-reprocess"),
    path("email/<int:email_id>/optimize", press.optimize, name="email-optimize"),
    path("email/<int:email_id>/html", reading.frame, name="email-frame"),
    path("email/<int:email_id>/attachments/<int:position>", reading.attachment, name="attachment"),
    path("email/<int:email_id>/source", reading.source, name="email-source"),
    path("figures/", figures, name="figures"),
]
