"""The questions asked about a message: pure text work, no ORM."""
