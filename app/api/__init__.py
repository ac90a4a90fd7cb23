"""REST: what people and programs may ask of the service, and how it answers.

The files, in an order to read them:

    app.py                                           what the interface is made of: begin here
    shield.py, auth.py, auth_permission.py, auth_trail.py
                                                     what a request goes through, from the outside in; cookies are in auth_cookie.py
    connections.py                                   connections that ask for nothing, and how many there may be
    routers/, schemas/                               the operations, one file per thing; what they take and show
    requests.py                                      a human's request becomes an event of the brains
    call_book.py, present.py, history.py             calls as they happen, calls now, calls of the past
    records.py, reports.py, report_shape.py, behind.py
                                                     figures, as they are shown, and the records behind them
    missed_calls.py, ledger.py                       the missed-call ledger
    auth_calls.py, auth_missed_calls.py, whose.py    who may see which of them
    errors.py, problems.py                           what can go wrong, and as which answer it is told
    openapi.py, explain.py, examples.py, report_examples.py, missed_call_examples.py
                                                     the words of the document
    cursor.py, pages.py, tls.py                      where the next page begins; the files of the pages; the certificate
"""
