"""What is written down: journal, tables, migrations. README.md has the picture; begin with `journal.py`."""
