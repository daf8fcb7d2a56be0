"""What is to be done again and again: every host's round calls it, so each must be safe to run anywhere at any time.

django-q2's scheduler is not used: it knows half minutes only, and one bad schedule stops all.
"""

# Dotted names of functions without arguments, each short: looking, claiming, starting runs.
PERIODIC = ("emails.accounts.schedule.start_due", "emails.uploads.sweeping.sweep")
