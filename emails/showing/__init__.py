"""What a reader sees of a message: pure text work on what was stored, no ORM."""
