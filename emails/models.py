"""A user's mail, what came with it, and what was thought of it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Lower, Now, Round
from django.utils.translation import gettext_lazy as _

from emails.accounts.models import Folder, MailAccount, ServerCopy
from emails.inbox.models import Batch
from emails.invitation import Invitation
from emails.onboarding.models import Onboarding as Onboarding  # Django looks for models here
from emails.uploads.models import Upload as Upload
from mailai.postgres import clock
from mailai.postgres.defaults import Model

__all__ = ["Analysis", "Attachment", "Batch", "Correction", "Email", "Folder", "MailAccount", "ServerCopy"]

HEAVY = ("raw", "text", "html", "headers", "invitation")


class EmailQuerySet(models.QuerySet["Email"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> EmailQuerySet:
        return self.filter(user_id=user.pk)

    def light(self) -> EmailQuerySet:
        """Without the columns that are large: for lists."""
        return self.defer(*HEAVY)


# What the inbox lists, newest first, under each of its filters. Within one cell all scores are the same.
NEWEST = ("-received_at", "-id")
HERE = Q(done_at=None)
INBOX_INDEXES = [
    models.Index(fields=["user", *NEWEST], name="inbox_newest", condition=HERE),
    models.Index(fields=["user", "-rank_score", *NEWEST], name="inbox_priority", condition=HERE),
    models.Index(
        fields=["user", "rank_urgency", "rank_importance", *NEWEST], name="inbox_cell", condition=HERE
    ),
    models.Index(fields=["user", "rank_category", *NEWEST], name="inbox_category", condition=HERE),
    models.Index(fields=["user", *NEWEST], name="inbox_unread", condition=HERE & Q(seen_at=None, mine=False)),
    models.Index(
        fields=["user", *NEWEST], name="inbox_asks", condition=HERE & Q(rank_asks=True, answered_at=None)
    ),
    models.Index(fields=["user", *NEWEST], name="inbox_spam", condition=HERE & Q(rank_spam=True)),
    models.Index(fields=["user", *NEWEST], name="email_done", condition=Q(done_at__isnull=False)),
    models.Index(fields=["user", "account", *NEWEST], name="email_account"),
    models.Index(fields=["user"], name="email_sample", condition=Q(sample=True)),
    models.Index(
        "user", Lower("sender_address"), F("received_at").desc(), F("id").desc(), name="email_sender"
    ),
    GinIndex(fields=["user_tags"], name="email_user_tags"),
]


class LeanManager(models.Manager["Email"]):
    """For whoever comes by way of another row: `raw` may be 50 MB, and is read only where it is asked for."""

    def get_queryset(self) -> models.QuerySet[Email]:
        return super().get_queryset().defer("raw")


class Email(Model):
    """One message of one user. `raw` is the message as it came, byte for byte; all else was read from it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="emails")
    account = models.ForeignKey(MailAccount, models.SET_NULL, null=True, blank=True, related_name="emails")
    raw = models.BinaryField()
    content_hash = models.CharField(max_length=64)  # SHA-256 of raw, hex
    dedupe_key = models.CharField(max_length=64)  # see emails.importing: what makes two messages the same
    message_id = models.CharField(max_length=998, blank=True, default="")  # RFC 5322 3.6.4, without < >
    in_reply_to = models.CharField(max_length=998, blank=True, default="")
    references = ArrayField(models.CharField(max_length=998), default=list, blank=True)
    thread_key = models.CharField(max_length=64)  # see emails.threading: the same for all of one thread
    subject_key = models.CharField(max_length=32, blank=True, default="")  # the same for all its answers
    answers_by_subject = models.BooleanField(default=False)  # nothing but its subject says what it answers
    subject = models.CharField(max_length=998, blank=True, default="")
    sender_name = models.CharField(max_length=320, blank=True, default="")
    sender_address = models.CharField(max_length=320, blank=True, default="")
    reply_to = models.JSONField(default=list, blank=True)  # [[name, address], …], as to and cc
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    headers = models.JSONField(default=dict, blank=True)  # lower-case names; those that the rules look at
    sent_at = models.DateTimeField(null=True, blank=True)  # the Date header, where it can be read
    received_at = models.DateTimeField(default=clock.now)
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")  # sanitised
    mine = models.BooleanField(default=False)  # written by the user
    sample = models.BooleanField(default=False)  # of the sample mailbox, to be removed again
    size = models.PositiveBigIntegerField(default=0)  # bytes of raw
    unreadable = models.BooleanField(default=False)  # stored raw because it could not be parsed
    trouble = models.CharField(max_length=20, blank=True, default="")  # why: emails.parsing.Trouble
    parser_version = models.PositiveSmallIntegerField(
        default=0
    )  # of the parser that read it; 0: before they counted
    language = models.CharField(max_length=3, blank=True, default="")  # ISO 639-1 of the new text, if known
    invitation = models.JSONField(null=True, blank=True)  # see emails.parsing.calendar
    imported_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)  # when a reply was sent
    analysis = models.ForeignKey("Analysis", models.SET_NULL, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)  # when its page was opened
    done_at = models.DateTimeField(null=True, blank=True)  # when it was put away
    user_tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # What counts of it (emails.effective), beside what the inbox sorts and filters by; kept by emails.ranking.
    rank_urgency = models.PositiveSmallIntegerField(null=True, editable=False)
    rank_importance = models.PositiveSmallIntegerField(null=True, editable=False)
    rank_score = models.SmallIntegerField(default=-1, editable=False)  # six times the score; -1: not analysed
    rank_category = models.CharField(max_length=20, blank=True, default="", editable=False)
    rank_spam = models.BooleanField(default=False, editable=False)
    rank_questions = models.PositiveSmallIntegerField(default=0, editable=False)
    rank_deadline = models.DateField(
        null=True, editable=False
    )  # the first that was ahead when it was analysed
    rank_asks = models.BooleanField(default=False, editable=False)  # it wants an answer

    objects = EmailQuerySet.as_manager()
    lean = LeanManager()

    class Meta:
        base_manager_name = "lean"
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "dedupe_key"], name="one_message_per_user"),
        ]
        indexes = [
            models.Index(fields=["user", "-received_at", "-id"], name="email_inbox"),
            models.Index(fields=["user", "thread_key", "-received_at"], name="email_thread"),
            models.Index(fields=["user", "message_id"], name="email_message_id"),
            models.Index(fields=["user", "content_hash"], name="email_content_hash"),
            models.Index(
                fields=["user", "in_reply_to"], condition=~Q(in_reply_to=""), name="email_in_reply_to"
            ),
            GinIndex(fields=["references"], name="email_references"),
            models.Index(fields=["user", "subject_key", "received_at"], name="email_subject"),
            models.Index(
                fields=["user", "subject_key", "received_at"],
                condition=Q(answers_by_subject=True),
                name="email_answers_by_subject",
            ),
            models.Index(fields=["user", "-id"], name="email_arrival"),
            *INBOX_INDEXES,
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def sender(self) -> str:
        if self.sender_name and self.sender_address:
            return f"{self.sender_name} <{self.sender_address}>"
        return self.sender_address or self.sender_name

    @property
    def signed(self) -> str:
        """The sender in a word: the name, but the address where there is none or it claims to be an address itself."""
        return self.sender_name if self.sender_name and "@" not in self.sender_name else self.sender_address

    @property
    def invited(self) -> Invitation | None:
        return Invitation.of(self.invitation) if self.invitation else None


class Attachment(Model):
    """A file or an inline part of a message. Its bytes stay in the message's raw source too; here they are at hand."""

    email = models.ForeignKey(Email, models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    content_id = models.CharField(max_length=998, blank=True, default="")
    inline = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["email", "position"], name="attachment_position")]

    def __str__(self) -> str:
        return f"attachment {self.pk} of {self.email_id}"


class ShownSender(Model):
    """A sender whose remote images the user wants to see without being asked each time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shown_senders")
    address = models.CharField(max_length=320)  # in lower case
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["address"]
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="one_choice_per_sender")]

    def __str__(self) -> str:
        return f"sender {self.pk} of {self.user_id}"


class Category(models.TextChoices):
    ACTION_REQUIRED = "action_required", _("Action required")
    NEEDS_ATTENTION = "needs_attention", _("Needs attention")
    INFO_ONLY = "info_only", _("For information")


class Level(models.IntegerChoices):
    LOW = 1, _("low")
    MEDIUM = 2, _("medium")
    HIGH = 3, _("high")


SCORE = Round(
    Cast(2 * F("urgency") + F("importance") - 3, models.DecimalField(max_digits=5, decimal_places=2)) / 6,
    precision=2,
)


class Analysis(Model):
    """What one finished base or optimize run said. Appended, never changed."""

    class Kind(models.TextChoices):
        BASE = "base", _("Base analysis")
        OPTIMIZE = "optimize", _("Second opinion")

    email = models.ForeignKey(Email, models.CASCADE, related_name="analyses")
    run = models.OneToOneField("runs.TaskRun", models.SET_NULL, null=True, related_name="analysis")
    kind = models.CharField(max_length=10, choices=Kind)
    urgency = models.PositiveSmallIntegerField(choices=Level)
    importance = models.PositiveSmallIntegerField(choices=Level)
    score = models.GeneratedField(
        expression=SCORE, output_field=models.DecimalField(max_digits=3, decimal_places=2), db_persist=True
    )
    category = models.CharField(max_length=20, choices=Category)
    summary = models.TextField()
    reasoning = models.TextField()
    tags = ArrayField(models.CharField(max_length=80), default=list)
    is_spam = models.BooleanField(default=False)
    language = models.CharField(max_length=3)
    confidence = models.FloatField()
    questions = ArrayField(models.TextField(), default=list)
    deadlines = models.JSONField(default=list)  # [{"date": "2026-12-14", "words": "zahlbar bis 14.12."}, …]
    suggestions = ArrayField(models.TextField(), default=list)
    # What was read tries to instruct the assistant: then it counts for no more than the built-in rules say.
    instructed = models.BooleanField(default=False, db_default=False)
    # Ids of the messages that were read for it, the one in question first. They may be gone by now.
    read_ids = ArrayField(models.BigIntegerField(), default=list)
    provider = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    prompt_version = models.CharField(max_length=40)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = _("analyses")
        constraints = [
            models.CheckConstraint(condition=Q(urgency__range=(1, 3)), name="urgency_1_to_3"),
            models.CheckConstraint(condition=Q(importance__range=(1, 3)), name="importance_1_to_3"),
            models.CheckConstraint(condition=Q(confidence__range=(0.0, 1.0)), name="confidence_0_to_1"),
        ]
        indexes = [models.Index(fields=["email", "kind", "-created_at", "-id"], name="analysis_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.score}"

    @property
    def due(self) -> list[tuple[dt.date, str]]:
        """Each deadline as a date, with the words that it was read from."""
        return [(dt.date.fromisoformat(each["date"]), each["words"]) for each in self.deadlines]


class Correction(Model):
    """What the user says instead. It outlives every later run, and each field that is set always wins."""

    email = models.OneToOneField(Email, models.CASCADE, related_name="correction")
    urgency = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    importance = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    category = models.CharField(max_length=20, choices=Category, blank=True, default="")
    is_spam = models.BooleanField(null=True, blank=True)
    corrected_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(urgency=None) | Q(urgency__range=(1, 3)), name="corrected_urgency_1_to_3"
            ),
            models.CheckConstraint(
                condition=Q(importance=None) | Q(importance__range=(1, 3)), name="corrected_importance_1_to_3"
            ),
        ]

    def __str__(self) -> str:
        return f"correction of {self.email_id}"
