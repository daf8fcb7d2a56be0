"""A user's mailboxes elsewhere: where mail is fetched from and sent through."""
