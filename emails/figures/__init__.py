"""A user's own mail, runs and use of models in figures: numbers from the database, charts without a script."""
