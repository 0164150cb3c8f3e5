"""Which state of the code made a file?"""

import subprocess
from pathlib import Path


def commit() -> str | None:
    """The commit of this code, with "-dirty" where files differ from it; None where the code is installed."""
    here = Path(__file__).parent
    if not (here.parents[1] / ".git").exists():  # else git would answer for a project that has us in its environment
        return None
    command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
