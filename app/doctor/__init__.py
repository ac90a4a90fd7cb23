"""`thirdring doctor`: checks all that a site needs and says what to do about each finding.

`examination.py` runs the checks and lists them all; `context.py` is what they look at, `finding.py` what they return, `report.py` shows it.
"""

from app.doctor.command import run_doctor

__all__ = ["run_doctor"]
