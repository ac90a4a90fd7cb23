"""`make bench`: the engine alone, a restart, Thirdring beside app_queue and a plain Dial, live clients beside calls, the wallboard."""

import subprocess
import sys

for part in ("engine", "restart", "telephony", "live", "wallboard"):
    subprocess.run([sys.executable, "-m", f"tests.bench.{part}"], check=True)
