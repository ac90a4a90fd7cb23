"""Simulated softphones and callers that speak real SIP and RTP. README.md says how to use them, and the theory.

`demo.py` is `thirdring demo`: the service in a process of its own, and a `Floor` of simulated people beside it.
"""
