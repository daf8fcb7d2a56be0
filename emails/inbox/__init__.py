"""The inbox: what it lists, how it is filtered and searched, and what is done to many messages at once."""
