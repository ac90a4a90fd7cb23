"""One inbox, one writer: the loop that joins brains and shells.

`dispatcher.py` is the loop; `codec.py` puts events and facts into bytes, `recovery.py` reads them back at a start. `service.py` and `health.py`
are what interfaces see of it, `maintenance.py` has the jobs of the command line.
"""
