#!/usr/bin/python3
"""Drives each editor through the table of features against one daemon, and prints the table with what passed.

    conformance.py [--editor NAME ...] [--only TEXT] [--keep]

The programs are taken from $ASKD_BUILDDIR, or from the current folder. --only takes the checks whose feature or name has
that text. With --keep the folder with the configuration, the store and the editors' own files stays, and is named.
The exit status is 1 where a check failed, and 77 where no editor could be tried.
"""

import argparse
import pathlib
import sys
import tempfile
import textwrap
import time
import traceback

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]

import pytest  # noqa: E402
from conftest import Provider  # noqa: E402
from drivers import DRIVERS  # noqa: E402
from helpers_checks import CHECKS  # noqa: E402
from helpers_stage import Stage  # noqa: E402

COLUMN = 9
WIDTH = 68
ROWS = 40  # of a window that are told where a check failed


def run_check(stage, driver, check):
    """One check in a fresh editor; AssertionError, with what its user sees, or that it is skipped."""
    with stage.scene(check.what, driver) as scene:
        e = scene.editor()
        try:
            check.run(e, scene)
        except Exception as fault:
            raise AssertionError(f"{where(fault)}\n{fault or type(fault).__name__}\n{sight(e)}") from fault


def where(fault):
    """The last line of the check itself."""
    frames = traceback.extract_tb(fault.__traceback__)
    at = next((f for f in reversed(frames) if "helpers_checks" in f.filename), frames[-1])
    return f"line {at.lineno}: {at.line}"


def described(fault):
    """What is no AssertionError is of an editor that did not start, or did not end."""
    return str(fault) if isinstance(fault, AssertionError) else "".join(traceback.format_exception_only(fault)).rstrip()


def sight(e):
    try:
        windows = ["\n".join(window.split("\n")[:ROWS]) for window in e.shown()]
        return "\n----\n".join(["shown:", *windows, f"told: {e.told()}"])
    except Exception as gone:
        return f"the editor shows nothing any more: {gone!r}"


class Report:
    """Prints a line for each check as it ends, and below the table what failed and why something was skipped."""

    def __init__(self, drivers):
        self.drivers = drivers
        self.faults, self.reasons = [], {}
        self.passed = dict.fromkeys(drivers, 0)
        self.seconds = dict.fromkeys(drivers, 0.0)

    def row(self, text, cells):
        print(f"{text:<{WIDTH}}" + "".join(f" {cell:<{COLUMN}}" for cell in cells).rstrip(), flush=True)

    def head(self):
        self.row("", [d.title for d in self.drivers.values()])

    def one(self, stage, name, check):
        if name in self.reasons:
            return "skipped"
        began = time.monotonic()
        try:
            run_check(stage, self.drivers[name], check)
        except pytest.skip.Exception as reason:
            self.reasons[name] = str(reason)
            return "skipped"
        except Exception as fault:
            self.faults.append(f"{self.drivers[name].title}: {check.feature}: {check.what}:\n"
                               + textwrap.indent(described(fault), "    "))  # fmt: skip
            return "FAILED"
        finally:
            self.seconds[name] += time.monotonic() - began
        self.passed[name] += 1
        return "passed"

    def end(self, checks):
        self.row("\npassed", [f"{n}/{checks}" for n in self.passed.values()])
        self.row("seconds", [f"{n:.0f}" for n in self.seconds.values()])
        for name, reason in self.reasons.items():
            print(f"{self.drivers[name].title} was skipped: {reason}")
        for fault in self.faults:
            print(f"\n{fault}")


def run(drivers, checks, keep):
    report = Report(drivers)
    with tempfile.TemporaryDirectory(prefix="askd-p-") as folder:
        provider = Provider(pathlib.Path(folder))
        try:
            with Stage.set_up(provider, keep) as stage:
                report.head()
                feature = None
                for check in checks:
                    if check.feature != feature:
                        feature = check.feature
                        print(f"\n{feature}")
                    report.row(f"  {check.what}", [report.one(stage, name, check) for name in drivers])
                report.end(len(checks))
            if keep:
                print(f"\nkept: {stage.home.path}")
        finally:
            provider.stop()
    return 1 if report.faults else 0 if any(report.passed.values()) else 77


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--editor", nargs="+", choices=list(DRIVERS), help="these alone")
    p.add_argument("--only", default="", metavar="TEXT", help="the checks with this text")
    p.add_argument("--keep", action="store_true", help="leave the folder of the run")
    a = p.parse_args()
    drivers = {name: d for name, d in DRIVERS.items() if not a.editor or name in a.editor}
    checks = [c for c in CHECKS if a.only in c.feature or a.only in c.what]
    if not checks:
        p.error(f"no check has {a.only!r}")
    return run(drivers, checks, a.keep)


if __name__ == "__main__":
    sys.exit(main())
