"""Coordination between controllers."""
