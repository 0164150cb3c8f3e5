"""The gate's result as rows of a table, as Markdown, and as a JUnit report that CI servers show."""

from collections.abc import Iterator
from xml.etree import ElementTree

from edgedigits_bench.accuracy.gate import ArtifactResult, GateResult

HEADINGS = ("artifact", "engine", "accuracy", "drop", "p", "agreement", "")
MARKS = {True: "passed", False: "failed", None: "skipped"}


def rows(result: GateResult) -> Iterator[tuple[list[str], bool | None]]:
    """For each artifact, and for each format that could not be made, its cells but the last, and whether it passed."""
    for artifact in result.artifacts:
        found, name = artifact.evaluation, [artifact.file, artifact.engine or "-"]
        if found is None:
            yield [*name, "-", "-", "-", "-"], artifact.passed
            continue
        figures = [
            f"{found.accuracy:.2%}",
            f"{found.drop_pp:+.2f} pp",
            f"{found.worse_p:.2g}",
            f"{found.agreement:.2%}",
        ]
        yield [*name, *figures], artifact.passed
    for entry in result.not_made:
        yield [entry["file"], "not made", "-", "-", "-", "-"], None


def outcome(result: GateResult) -> str:
    """One line: whether the gate is passed, and at what tolerance."""
    level = "any drop above it" if result.strict else "beyond chance at 1 %"
    return f"{MARKS[result.passed]}: tolerance {result.tolerance_pp:.2f} pp, {level}"


def to_markdown(result: GateResult) -> str:
    """The table, what was not made, and the outcome, for a pull request's comment."""
    lines = [
        f"| {' | '.join((*HEADINGS[:-1], 'gate'))} |",
        "|---|---|--:|--:|--:|--:|---|",
        *(f"| {' | '.join([*cells, MARKS[passed]])} |" for cells, passed in rows(result)),
        "",
        f"{result.images:,} test images, float model {result.float_accuracy:.2%}; {outcome(result)}.",
    ]
    why = [f"{entry['file']}: {entry['reason']}" for entry in result.not_made]
    errors = [each.error for each in result.artifacts if each.error]
    notes = [*why, *errors, *result.notes]
    return "\n".join([*lines, *([""] if notes else []), *(f"- {note}" for note in notes)])


def to_junit(name: str, result: GateResult) -> str:
    """A JUnit report of one suite, with a test for each artifact and each format that could not be made."""
    failed = sum(each.passed is False for each in result.artifacts)
    skipped = [each for each in result.artifacts if each.passed is None]
    suite = ElementTree.Element(
        "testsuite",
        name=f"edgedigits verify {name}",
        tests=str(len(result.artifacts) + len(result.not_made)),
        failures=str(failed + (len(skipped) if result.strict else 0)),
        skipped=str(len(result.not_made) + (0 if result.strict else len(skipped))),
    )
    for artifact in result.artifacts:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=artifact.file)
        wrong = artifact.passed is False or (result.strict and artifact.passed is None)
        if wrong or artifact.passed is None:
            ElementTree.SubElement(case, "failure" if wrong else "skipped", message=_said_of(artifact, result))
        else:
            ElementTree.SubElement(case, "system-out").text = _said_of(artifact, result)
    for entry in result.not_made:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=entry["file"])
        ElementTree.SubElement(case, "skipped", message=f"not made: {entry['reason']}")
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _said_of(artifact: ArtifactResult, result: GateResult) -> str:
    found = artifact.evaluation
    if found is None:
        return artifact.error or "not run"
    return (
        f"accuracy {found.accuracy:.2%}, {found.drop_pp:+.2f} pp from the float model's {result.float_accuracy:.2%}, "
        f"p {found.worse_p:.2g}; tolerance {result.tolerance_pp:.2f} pp"
    )
