"""Calls to practise on: a customer who is played, tries that are judged like any call, and what they came to."""
