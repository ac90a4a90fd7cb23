"""Live state for screens: snapshot, then numbered deltas. README.md has the protocol.

The files, in an order to read them:

    protocol.py, topics.py, rights.py        what may be said and followed, free of I/O
    hub.py                                   hears every entry of the journal and tells clients what it changed: begin here
    marks.py, values.py, audience.py, rounds.py, ring.py, outbox.py
                                             which things changed, as what, for whom, when, since when, and what waits for each
    endpoint.py, wire.py                     one websocket per client
    alerts.py, alert_book.py, today.py, teams.py, mask.py    what is shown
    client.py, copy.py, watch.py, screen.py  the other end, in Python: `thirdring watch`
    asyncapi.py                              the document of it all
"""
