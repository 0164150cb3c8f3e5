"""`edgedigits bench`: latency, footprint and accuracy of every artifact on this device, or on another one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgedigits_apps.console import FAILED, emit, progress, say, table, usage_error
from edgedigits_apps.outputs import REPORT_MARK, check_file

if TYPE_CHECKING:
    from edgedigits_bench import Settings
    from edgedigits_bench.remote import Remote
    from edgedigits_bench.report.bench_form import BenchForm

REMOTE: dict[str, Any] = {"rich_help_panel": "On another device"}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(bench)


def bench(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="BUNDLE | compare A.json B.json | report A.json",
            help="A bundle's folder or a shipped one's name; or two results to compare; or one to make a report from.",
            show_default=False,
        ),
    ],
    data: Annotated[Path | None, typer.Option(help="Your own labelled images instead of MNIST's, see export.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A first look in half a minute.")] = False,
    threads: Annotated[str, typer.Option(metavar="N,N", help="Thread counts; 1 and all cores by default.")] = "",
    batch: Annotated[str, typer.Option(metavar="N,N", help="Batch sizes; 1 and 32 by default.")] = "",
    seconds: Annotated[float | None, typer.Option(min=0.01, help="At least this long for each latency.")] = None,
    robustness: Annotated[bool | None, typer.Option(help="Accuracy on corrupted images, too.")] = None,
    peers: Annotated[bool, typer.Option("--peers", help="Other engines beside ours.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Where the time goes, by operator.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The artifacts' table in Markdown.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write a report that needs no network.")] = None,
    remote: Annotated[str | None, typer.Option(metavar="USER@HOST", help="Measure there, over ssh.", **REMOTE)] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="ssh's port.", **REMOTE)] = None,
    identity: Annotated[Path | None, typer.Option("--identity", "-i", help="ssh's private key.", **REMOTE)] = None,
    jump: Annotated[str | None, typer.Option("--jump", "-J", help="A host to go through.", **REMOTE)] = None,
    ssh_option: Annotated[list[str] | None, typer.Option("-o", help="ssh's -o, as NAME=VALUE.", **REMOTE)] = None,
    python: Annotated[str, typer.Option(help="The interpreter there.", **REMOTE)] = "python3",
    wheel: Annotated[Path | None, typer.Option(help="What to install; built here by default.", **REMOTE)] = None,
    wheels: Annotated[Path | None, typer.Option(help="A folder with all it needs: no network.", **REMOTE)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder there.", **REMOTE)] = False,
) -> None:
    """Measure every artifact on this device, and recommend one.

    `bench compare A.json B.json` shows what changed beyond noise between two results; exit 1 if something got worse.
    """
    if what[0] in ("compare", "report") and not Path(what[0]).is_dir():
        _use_results(what[0], [Path(name) for name in what[1:]], html, as_json)
        return
    _check_usage(what, as_json and as_markdown, remote is not None and data is not None)
    wanted = Wanted(
        quick, _numbers("--threads", threads), _numbers("--batch", batch), seconds, robustness, peers, profile
    )
    if html:
        from edgedigits_bench.report.html_report import require_plots

        require_plots()  # rather now than after minutes of measuring
        check_file(html, "--html", REPORT_MARK)
    if remote is not None:
        from edgedigits_bench.remote import Remote

        place = Remote(remote, port, identity, jump, tuple(ssh_option or ()), python, keep)
        result = _measure_there(what[0], wanted, place, wheel, wheels)
    else:
        result = _measure(what[0], wanted.settings(), data)
    if html:
        _write_report(result, html)
    if as_markdown:
        _show_markdown(result)
    else:
        (emit if as_json else show)(result)


def _check_usage(what: list[str], two_forms: bool, data_elsewhere: bool) -> None:
    if len(what) > 1:
        raise usage_error(f"one bundle at a time, not {len(what)}")
    if two_forms:
        raise usage_error("choose --json or --markdown")
    if data_elsewhere:
        raise usage_error("--data stays here; measure with it on this device, without --remote")


def _show_markdown(result: "BenchForm") -> None:
    from edgedigits_bench.report.markdown import table as markdown_table

    typer.echo(markdown_table(result))


@dataclass(frozen=True)
class Wanted:
    """What the command line asks to be measured; None and () stand for what the settings have anyway."""

    quick: bool
    threads: tuple[int, ...]
    batches: tuple[int, ...]
    seconds: float | None
    robustness: bool | None
    peers: bool
    profile: bool

    def settings(self) -> "Settings":
        """The quick or the full settings with what was asked for on top."""
        from edgedigits_bench import Settings

        settings = Settings.quick() if self.quick else Settings()
        return replace(
            settings,
            threads=self.threads or settings.threads,
            batches=self.batches or settings.batches,
            effort=settings.effort if self.seconds is None else replace(settings.effort, seconds=self.seconds),
            robustness=settings.robustness if self.robustness is None else self.robustness,
            peers=self.peers,
            profile=self.profile,
        )

    def options(self) -> list[str]:
        """The same as options of the command, for another device."""
        flags = {"--quick": self.quick, "--peers": self.peers, "--profile": self.profile}
        flags |= {"--robustness": self.robustness is True, "--no-robustness": self.robustness is False}
        values = {"--threads": ",".join(map(str, self.threads)), "--batch": ",".join(map(str, self.batches))}
        values |= {"--seconds": "" if self.seconds is None else str(self.seconds)}
        chosen = [flag for flag, on in flags.items() if on]
        return chosen + [word for option, value in values.items() if value for word in (option, value)]


def _numbers(option: str, text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        numbers = (0,)
    if not all(1 <= number <= 1024 for number in numbers):
        raise usage_error(f"{option} {text} makes no sense; give numbers from 1 to 1024, as in 1,4")
    return numbers


def _measure(bundle: str, settings: "Settings", data: Path | None) -> "BenchForm":
    from edgedigits import load_bundle
    from edgedigits_bench import bench as run_benchmark
    from edgedigits_bench.accuracy.own_data import judging_images
    from edgedigits_bench.progress import watched

    opened = load_bundle(bundle)
    split = judging_images(opened, data) if data else None
    with progress() as display:
        return run_benchmark(opened, settings, watched(display), split).to_json()


def _measure_there(
    bundle: str, wanted: Wanted, place: "Remote", wheel: Path | None, wheels: Path | None
) -> "BenchForm":
    from edgedigits import load_bundle
    from edgedigits_bench.remote import bench_remotely

    return bench_remotely(load_bundle(bundle), place, wanted.options(), wheel, wheels)


def _write_report(result: "BenchForm", path: Path) -> None:
    from edgedigits_bench.report.html_report import write_report

    write_report(result, path)
    say(f"report: {path}")


def _use_results(form: str, paths: list[Path], html: Path | None, as_json: bool) -> None:
    """The forms of the command that measure nothing."""
    from edgedigits_bench.report.comparison import compare, load_result

    if form == "report":
        if len(paths) != 1 or not html:
            raise usage_error("give one result and a place: bench report A.json --html FILE")
        check_file(html, "--html", REPORT_MARK)
        _write_report(load_result(paths[0]), html)
        return
    if len(paths) != 2:
        raise usage_error(f"bench compare takes two results, not {len(paths)}")
    comparison = compare(*(load_result(path) for path in paths))
    if as_json:
        emit(comparison.to_json())
    else:
        rows = [
            (change.subject, change.figure, _figure(change.before), _figure(change.after), change.outcome)
            for change in comparison.changes
        ]
        table("what changed", ("artifact", "figure", "before", "after", ""), rows)
    for note in comparison.notes:
        say(note)
    say("something got worse" if comparison.regressed else "nothing got worse")
    if comparison.regressed:
        raise typer.Exit(FAILED)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 10_000 else f"{value:.2f}"


def show(report: "BenchForm") -> None:
    """Print what a call takes, what an artifact needs, and the recommendation."""
    from edgedigits_bench.report.result import cold_start_errors

    headings = ("artifact", "engine", "threads", "batch", "p50 us", "p90 us", "p99 us", "images/s")
    title = f"latency on {report['device']['cpu']}, {report['device']['usable_cores']} cores"
    table(title, headings, map(_latency_row, report["results"]))
    headings = ("artifact", "KB", "accuracy", "drop", "load ms", "first us", "cold ms", "MB")
    table("footprint and accuracy", headings, map(_artifact_row, report["artifacts"]))
    for error in cold_start_errors(report):
        say(error)
    if report["peers"]:
        heads = ("engine", "model", "p50 us", "p90 us", "agreement")
        table("peers: one image, one thread", heads, map(_peer_row, report["peers"]))
    if report["profile"]:
        heads = ("artifact", "operator", "us", "share", "")
        table("where the time goes", heads, _operator_rows(report["profile"]))
    say(report["reason"])


def _latency_row(row: Mapping[str, Any]) -> list[str]:
    """One configuration, or what kept it from being measured."""
    name = [row["artifact"], row["engine"], str(row["threads"]), str(row["batch"])]
    if row["noisy"]:
        return [*name, "noisy", f"±{row['spread']:.0%}", "", ""]
    return [*name, *(f"{row[key]:.1f}" for key in ("p50_us", "p90_us", "p99_us")), f"{row['images_per_second']:,.0f}"]


def _artifact_row(entry: Mapping[str, Any]) -> list[str]:
    """One artifact, or why it could not be run."""
    name = [entry["file"], f"{entry['size_bytes'] / 1000:.1f}"]
    if "error" in entry:
        return [*name, "not run", *[""] * 5]
    found = entry["evaluation"]
    accuracy = [f"{found['accuracy']:.2%}", f"{found['drop_pp']:+.2f}"]
    if "cold_start" not in entry:
        return [*name, *accuracy, "failed" if "cold_start_error" in entry else "", *[""] * 3]
    start = entry["cold_start"]
    times = (f"{start['load_ms']:.1f}", f"{start['first_call_us']:.0f}", f"{start['total_ms']:.0f}")
    return [*name, *accuracy, *times, f"{start['peak_rss_mb']:.1f}"]


def _peer_row(row: Mapping[str, Any]) -> list[str]:
    """One engine, or why it did not run."""
    if "error" in row:
        return [row["engine"], row["model"], "not run", "", row["error"]]
    times = ["noisy", f"±{row['spread']:.0%}"] if row["noisy"] else [f"{row[key]:.1f}" for key in ("p50_us", "p90_us")]
    return [row["engine"], row["model"], *times, f"{row['agreement']:.2%}"]


def _operator_rows(profile: Mapping[str, Any]) -> Iterator[list[str]]:
    for artifact, operators in profile.items():
        for found in operators:
            name, share = found.get("error", found["operator"]), found["share"]
            yield [artifact, name, f"{found['us']:.1f}", f"{share:.0%}", "#" * round(20 * share)]
