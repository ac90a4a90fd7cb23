"""`python -m metrics.dashboards`: write the JSON files anew. A test finds out when somebody forgot to."""

from pathlib import Path

from metrics.dashboards.files import documents

FOLDER = Path(__file__).parent / "json"

if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
