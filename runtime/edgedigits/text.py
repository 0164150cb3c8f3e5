"""Text from outside (names of files, labels, models, addresses) on its ways out."""


def printable(text: object) -> str:
    """A text on one line for a terminal or a message: control characters and what changes direction as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))
