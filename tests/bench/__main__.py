"""`make bench`: the engine alone, a restart, then Thirdring beside app_queue and a plain Dial."""

import subprocess
import sys

for part in ("tests.bench.engine", "tests.bench.restart", "tests.bench.telephony"):
    subprocess.run([sys.executable, "-m", part], check=True)
