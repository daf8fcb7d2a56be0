"""Mail that a user uploads on the page: kept in the database until a run has stored its messages."""
