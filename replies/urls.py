from django.urls import path

from replies.views import editing, sending

urlpatterns = [
    path("emails/<int:email_id>/generate-reply", editing.generate_reply, name="generate-reply"),
    path("emails/<int:email_id>/draft", editing.draft, name="draft"),
    path("emails/<int:email_id>/recipients", sending.recipients, name="recipients"),
    path("emails/<int:email_id>/send", sending.prepare_reply, name="prepare-reply"),
    path("emails/<int:email_id>/save-to-server", sending.save_to_server, name="save-to-server"),
    path("sendings/<uuid:sending_id>/", sending.confirmation, name="sending"),
    path("sendings/<uuid:sending_id>/send", sending.send, name="send"),
    path("profile/", editing.profile, name="profile"),
]
