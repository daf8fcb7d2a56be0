"""All of a user's runs on one page: what is under way, what came of the rest, and another try for what failed."""
