from django.urls import path

from mailai.runs import views
from mailai.runs.activity import views as activity

urlpatterns = [
    path("tasks/<str:task_id>/status", views.status, name="run-status"),
    path("tasks/<str:task_id>/cancel", views.cancel_run, name="run-cancel"),
    path("tasks/<str:task_id>/retry", views.retry_now, name="run-retry"),
    path("tasks/<str:task_id>/again", activity.run_again, name="run-again"),
    path("activity/", activity.activity, name="activity"),
    path("activity/live", activity.live, name="activity-live"),
    path("activity/again", activity.activity_again, name="activity-again"),
    path("activity/cancel", activity.activity_cancel, name="activity-cancel"),
]
