"""Call control: legs and bridges as state machines. Pure.

The files, in an order to read them:

    switchboard.py                           one event in, facts and actions out: begin here
    queued.py, direct.py, joining.py         a caller and a queue; an agent who dials; two legs become a conversation
    hangup.py                                who ended a leg, and what an unanswered ring means: one table
    recover.py                               what was missed while nobody watched
    missed.py, shifts.py                     what a missed call costs, and whom
    turn.py                                  what one event leads to is gathered here
    copying.py                               the calls as they are now, for a snapshot
    model.py, call.py, events.py, actions.py, facts.py    values
"""
