"""The site file: agents, devices, queues, entry points, calendars, policies. README.md is for who writes one.

The files, in an order to read them:

    loader.py                                all steps of reading: begin here
    document.py                              the text, with the place of each value
    declarations.py, fields.py               the shape, declared once; the kinds of value. schema.py and reference.py write what follows from it
    names.py, checks.py                      what no field can see alone
    errors.py, mistakes.py                   what is wrong, where, and what to write instead
    build.py, floor.py, model.py             the site as a value; calendars.py, cadence.py
    changes.py                               what a reload changed
    secret_store.py                          passwords: given, or made up and kept
"""
