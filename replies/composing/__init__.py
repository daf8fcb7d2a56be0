"""The message that goes out, made of the one that it answers and of what the user wrote: pure text work, no ORM."""
