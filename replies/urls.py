from django.urls import path

from replies import views

urlpatterns = [
    path("emails/<int:email_id>/generate-reply", views.generate_reply, name="generate-reply"),
    path("emails/<int:email_id>/draft", views.draft, name="draft"),
    path("profile/", views.profile, name="profile"),
]
