"""Which messages belong together: Jamie Zawinski's algorithm (jwz.org/doc/threading.html) over a user's own mail."""
