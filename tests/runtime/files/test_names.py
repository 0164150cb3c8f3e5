"""Text from outside on each of its ways out."""

import json

import pytest

from edgedigits.files.names import c_comment, csv_cell, file_name, plain_json, plot_label, printable

EVIL = "a\x1b[31m\nb\x9b2J\u202egnp.exe\udcff"


def test_a_terminal_gets_one_line_without_controls():
    shown = printable(EVIL)
    assert shown == r"a\x1b[31m\nb\x9b2J\u202egnp.exe\udcff"
    assert shown.isprintable()
    assert printable("Ziffern äöü 数字 🔢") == "Ziffern äöü 数字 🔢"


def test_json_is_the_same_data_without_controls():
    data = {"source": EVIL, "more": "äöü 数字 🔢"}
    text = plain_json(json.dumps(data, ensure_ascii=False))
    assert json.loads(text) == data
    assert not set(text) & set("\x1b\x9b\u202e")
    assert "äöü 数字 🔢" in text


@pytest.mark.parametrize("text", ["x\n#error", "x \\", "x \\ ", "??/", "*/ int x;", "ü\r#error"])
def test_a_comment_of_c_stays_one(text):
    comment = c_comment(text)
    assert comment.isascii()
    assert not set("\n\r\\") & set(comment)
    assert "*/" not in comment


def test_names_of_files_have_no_folders():
    assert file_name("../../etc/passwd") == "_.._etc_passwd"
    assert file_name("a\\b:c\nd") == "a_b_c_nd"
    assert file_name("...") == file_name("") == "unnamed"
    assert len(file_name("x" * 500)) == 100
    assert file_name("tiny-2.1") == "tiny-2.1"


def test_formulas_are_no_cells_and_no_labels():
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        assert csv_cell(text) == f"'{text}"
    assert csv_cell("a=1") == "a=1"
    assert csv_cell("") == ""
    assert plot_label("a$^{$b") == r"a\$^{\$b"
