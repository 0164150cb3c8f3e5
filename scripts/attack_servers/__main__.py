"""Run every attack and print a table: python -m scripts.attack_servers [DOOR ...]; status 1 if a bound did not hold."""

import argparse
import importlib
import pkgutil
import sys
import time
import traceback

from scripts import attack_servers as doors
from scripts.attack_servers.attack import Attack, Outcome

TOOLS = {"__main__", "attack", "strangers"}


def attacks(wanted: list[str]) -> list[Attack]:
    """All attacks of the doors that are wanted, or of all."""
    names = sorted({module.name for module in pkgutil.iter_modules(doors.__path__)} - TOOLS)
    if unknown := set(wanted) - set(names):
        raise SystemExit(f"there is no door {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    modules = [importlib.import_module(f"scripts.attack_servers.{name}") for name in wanted or names]
    return [attack for module in modules for attack in module.ATTACKS]


def outcome_of(attack: Attack) -> Outcome:
    """Run it; one that cannot be run has not held."""
    try:
        return attack.run()
    except Exception:  # whatever an attack comes to, the others are run
        traceback.print_exc()
        return Outcome(False, "the attack itself failed")


def main() -> None:
    """Print a row for each attack as it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("door", nargs="*", help="all by default")
    row = "{:<6} {:<16} {:<52} {:<44} {:>7} {:>8}  {}"
    print(row.format("", "door", "attack", "bound", "s", "peak MB", "seen"))
    failed = 0
    for attack in attacks(parser.parse_args().door):
        start = time.monotonic()
        outcome = outcome_of(attack)
        seconds, memory = (
            f"{time.monotonic() - start:.1f}",
            f"{outcome.megabytes or 0:.0f}" if outcome.megabytes else "",
        )
        verdict = "held" if outcome.held else "BROKEN"
        print(row.format(verdict, attack.door, attack.name, attack.bound, seconds, memory, outcome.seen), flush=True)
        failed += not outcome.held
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
