"""One format in the best way that works: what is taken, what is tried next, and what is said of a failure."""

import pytest

from edgedigits_export.checks.parity import Proof
from edgedigits_export.formats.attempts import Made, NotMade, attempt
from edgedigits_export.formats.reasons import sentence
from edgedigits_export.formats.ways import Way, ways_of

BEST, PLAIN, LAST = Way("best"), Way("plain"), Way("last", last_resort=True)


def proof(max_difference=1e-7, mean_difference=1e-8, agreement=1.0):
    return Proof(100, max_difference, mean_difference, agreement)


def run(file, proofs, ways=(BEST, PLAIN, LAST)):
    """Attempts a file whose content is the way's name; an exception in `proofs` is raised."""
    asked = []

    def convert(way):
        asked.append(way.name)
        return way.name.encode()

    def prove(content):
        found = proofs[content.decode()]
        if isinstance(found, Exception):
            raise found
        return found

    return attempt(file, ways, convert, prove), asked


def test_the_first_way_that_is_exact_ends_the_search():
    made, asked = run("float32.tflite", {"best": proof()})
    assert isinstance(made, Made)
    assert (made.way, made.content, made.tried, asked) == (BEST, b"best", (), ["best"])


def test_an_optimization_that_throws_or_changes_the_function_costs_nothing():
    made, _ = run("float32.tflite", {"best": KeyError("identityn"), "plain": proof()})
    assert made.way == PLAIN
    assert made.tried[0].reason == "the converter failed: KeyError: 'identityn'."
    made, _ = run("float32.onnx", {"best": proof(0.3), "plain": proof()})
    assert made.way == PLAIN
    assert "0.3" in made.tried[0].reason
    assert run("float32.onnx", {"best": proof(float("nan")), "plain": proof()})[0].way == PLAIN


def test_rounding_of_float32_is_no_other_model_and_the_nearest_is_taken():
    made, asked = run("float32.tflite", {"best": proof(3e-4), "plain": proof(2e-5)})
    assert made.way == PLAIN
    assert asked == ["best", "plain"]


def test_an_integer_file_that_lost_is_made_in_the_other_ways_too_and_the_nearest_is_taken():
    lossy = {"best": proof(0.9, 0.02, 0.97), "plain": proof(0.8, 0.01, 0.98), "last": proof()}
    made, asked = run("int8.tflite", lossy)
    assert (made.way, asked) == (PLAIN, ["best", "plain"])
    made, asked = run("int8.tflite", {**lossy, "best": proof(1, 0.1, 0.5), "plain": proof(1, 0.1, 0.5)})
    assert (made.way, asked) == (LAST, ["best", "plain", "last"])


def test_what_cannot_be_made_has_the_plain_converters_reason_every_try_and_a_remedy():
    long = "a reason of more than two hundred characters " * 8
    failed, _ = run("int8.onnx", {"best": ValueError("shape"), "plain": ValueError(long), "last": ValueError("last")})
    assert isinstance(failed, NotMade)
    entry = failed.to_json()
    assert entry["reason"] == f"the converter failed: {long.strip()}."
    assert [each["way"] for each in entry["tried"]] == ["best", "plain", "last"]
    assert "dynamic.tflite" in entry["remedy"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Could not translate MLIR to FlatBuffer. <unknown>:0: error: failed\nTF Select ops: Erfc, Erfc\nDetails:",
            "TensorFlow Lite has no operator for Erfc.",
        ),
        ("Didn't find op for builtin opcode 'CUMSUM' version '1'.", "the engine has no operator CUMSUM."),
        ("", "the converter failed: ValueError without a message."),
    ],
)
def test_a_converters_message_becomes_one_sentence(message, expected):
    assert sentence(ValueError(message)) == expected


def test_every_format_has_the_plain_converter_among_its_ways():
    for file in ("float32.tflite", "float16.tflite", "dynamic.tflite", "int8.tflite", "micro/model.tflite"):
        assert "plain" in [way.name for way in ways_of(file)]
    assert ways_of("micro/model.tflite") == ways_of("int8.tflite")
    assert ways_of("int8.onnx")[0].graph == "rounded"
