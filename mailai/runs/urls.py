from django.urls import path

from mailai.runs import views

urlpatterns = [
    path("tasks/<str:task_id>/status", views.status, name="run-status"),
    path("tasks/<str:task_id>/cancel", views.cancel_run, name="run-cancel"),
    path("tasks/<str:task_id>/retry", views.retry_now, name="run-retry"),
]
