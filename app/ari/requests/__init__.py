"""Builders of requests: pure functions, one file per resource of Asterisk."""
