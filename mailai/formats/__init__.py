"""Dates and times as each language writes them, beside what Django knows: unambiguous, and short."""
