"""`thirdring doctor`: checks all that a site needs and says what to do about each finding."""

from app.doctor.command import run_doctor

__all__ = ["run_doctor"]
