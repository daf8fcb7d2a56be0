from django.urls import path

from mailai.runs import views
from mailai.runs.activity import views as activity
from mailai.runs.notifications import views as notifications

urlpatterns = [
    path("tasks/<str:task_id>/status", views.status, name="run-status"),
    path("tasks/<str:task_id>/cancel", views.cancel_run, name="run-cancel"),
    path("tasks/<str:task_id>/retry", views.retry_now, name="run-retry"),
    path("tasks/<str:task_id>/again", activity.run_again, name="run-again"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/seen", notifications.notifications_seen, name="notifications-seen"),
    path("notifications/<str:key>", notifications.notification, name="notification"),
    path("activity/", activity.activity, name="activity"),
    path("activity/live", activity.live, name="activity-live"),
    path("activity/again", activity.activity_again, name="activity-again"),
    path("activity/cancel", activity.activity_cancel, name="activity-cancel"),
]
