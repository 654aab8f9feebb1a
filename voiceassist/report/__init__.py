"""A call looked at afterwards: what went well, each no with its steps, and what can be said instead."""
