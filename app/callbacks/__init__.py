"""Promises to call somebody back. Pure."""
