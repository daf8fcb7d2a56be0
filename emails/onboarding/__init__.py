"""The first minutes of a new user: four steps, each with a page of its own, told until they are done or put away."""
