"""Thirdring: Asterisk carries the calls, Thirdring decides.

Read in this order: `acd/README.md` and `calls/` decide; `runtime/` is the loop around them; `store/README.md` writes down what came of it;
`ari/` and `asterisk/` are the way to the telephones; `api/`, `live/README.md`, `auth/README.md` and `web/README.md` the way to people;
`site/README.md` says what a hotline is made of. `main.py` and `interface.py` put it together, `__main__.py` is the command line.
"""
