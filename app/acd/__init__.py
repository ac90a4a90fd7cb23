"""The routing engine: who gets which call. Pure."""
