"""The end of the audit log as it was last seen, kept outside the database: a log that was cut off or written anew does not have it."""

import json
from pathlib import Path

from app.auth.audit import Head
from app.store.log import Log

_log = Log(__name__)


class AuditHeadFile:
    """One small file. It only goes forward: an end that lies behind the known one is a finding, and is not kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self.known()

    def known(self) -> Head:
        """The end as it was last kept; the beginning when there is none, or none that can be read."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return Head(int(kept["seq"]), str(kept["hash"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Head()

    def keep(self, head: Head) -> None:
        """Remember an end. Never raises: a full disk stops no audit."""
        if head.seq < self._known.seq:
            _log.error(
                "audit_log_cut", expected=self._known.seq, found=head.seq, advice="thirdring audit verify"
            )
            return
        try:
            self._write(head)
        except OSError as error:
            _log.warning("audit_head_not_kept", reason=error.strerror)
        else:
            self._known = head

    def _write(self, head: Head) -> None:
        """All or nothing: a crash leaves the old file or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps({"seq": head.seq, "hash": head.hash}) + "\n", encoding="utf-8")
        beside.replace(self._path)
