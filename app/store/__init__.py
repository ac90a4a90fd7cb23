"""What is written down: journal, tables, migrations."""
