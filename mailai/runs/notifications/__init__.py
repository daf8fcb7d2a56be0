"""What came of presses while whoever pressed looked elsewhere."""
