"""Text from outside (names of files, labels, models, artifacts) on its ways out, one function for each.

HTML has the standard library's `html.escape`, regions and MQTT topics are checked where they are parsed.
"""

import re

# Characters that a terminal or editor acts on although they pass through JSON as they are.
_ACTING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def printable(text: object) -> str:
    """A text on one line for a terminal or a message: control characters and what changes direction as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def plain_json(text: str) -> str:
    """JSON whose strings hold no character that a terminal would act on; as data it is the same."""
    return _ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def c_comment(text: object) -> str:
    """A text inside a // comment of C: ASCII, one line that does not go on in the next."""
    plain = printable(text).encode("ascii", "replace").decode()
    return plain.replace("\\", "/").replace("*/", "* /")


def file_name(text: object) -> str:
    """A name for a file or a model: one line, without separators of paths, not hidden, of at most 100 characters."""
    name = re.sub(r"[/\\:]+", "_", printable(text).replace("\\", "_")).strip(" .")
    return name[:100] or "unnamed"


def plot_label(text: object) -> str:
    """A label that Matplotlib draws as it is: between two dollar signs it would typeset, or refuse, a formula."""
    return printable(text).replace("$", r"\$")


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
