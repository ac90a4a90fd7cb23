"""Find, unpack, configure and run an Asterisk of our own.

The files, in an order to read them:

    process.py                               one node, from start to stop: begin here
    installation.py, program.py              which Asterisk: the system's own, or a private one
    bundle.py, apt.py, mirror.py             programs of Debian, unpacked into a private directory
    for_site.py, node_config.py              what the site wants of it, as checked values
    render.py, layout.py, ports.py           the files of dialplan/ filled in, where they lie, which ports
    child.py, running.py, console.py, names.py, log_size.py
                                             the process, the note of a running one, its command line, the host's name, its log
    incidents.py, errors.py                  what the watch tells, and what can go wrong
    elsewhere.py                             the files for an Asterisk that somebody else runs
"""
