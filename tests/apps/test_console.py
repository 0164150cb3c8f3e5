"""What commands print: whatever is in a name, it is text on one line."""

import json

from edgedigits_apps import console

EVIL = "[/red][link=x]a\x1b]0;title\x07\nb\x9b\u202e"
SHOWN = r"[/red][link=x]a\x1b]0;title\x07\nb\x9b\u202e"


def test_tables_messages_and_json_have_neither_markup_nor_controls(capsys):
    console.table(EVIL, ("file",), [(EVIL,)])
    console.say(EVIL)
    console.report_error(EVIL)
    console.emit({"source": EVIL})
    out, err = capsys.readouterr()
    *table, line = out.splitlines()
    assert sum(SHOWN in row for row in table) == 2
    assert json.loads(line) == {"source": EVIL}
    assert SHOWN in err.splitlines()[0]
    assert len(err.splitlines()) == 2
    assert not set(out + err) & set("\x1b\x07\x9b\u202e")


def test_a_files_name_reaches_the_terminal_as_text(edgedigits, tmp_path):
    done = edgedigits("read", tmp_path / "[bold]a\x1b[2J.png", tmp_path / "b\x9b.png")
    assert done.returncode == 1
    assert r"[bold]a\x1b[2J.png matches no file" in done.stderr
    assert not set(done.stderr) & set("\x1b\x9b")
