"""The Asterisk REST Interface: client, typed events, translation, performing, reconciling.

The files, in an order to read them:

    link.py                                  one Asterisk and the dispatcher: begin here
    translate.py, devices.py, registry.py    what Asterisk tells, in our words
    perform.py, requests/                    what we want done, as requests
    survey.py                                what Asterisk has, listed after every connect
    client.py                                one connection, kept; its theory stands there. Its parts: connection.py, protocol.py (no I/O),
                                             http.py, inflight.py, circuit.py, backoff.py, repeats.py, limits.py, listener.py
    address.py, request.py, answer.py, errors.py, messages.py, snapshots.py
                                             values; Asterisk's names are in the last two, and stay in this folder
"""
