"""Thirdring: Asterisk carries the calls, Thirdring decides."""
