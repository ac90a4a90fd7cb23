"""The routing engine: who gets which call. Pure. README.md is its theory of operation; begin with `engine.py`."""
