"""What the characters of a view are called: ten digits, 26 letters, and the signs people write beside them."""

import unicodedata

DIGITS = tuple("0123456789")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
# "×" is every cross, also one that ticks a box; "struck" is a struck-out digit; "other" is a character or numeral of
# another script, or a digit that stands on its side or head.
SIGNS = (
    *"/-()%$€#,.:+=×÷°*?!&@<>[]|",
    "arrow",
    "tick",
    "struck",
    "other",
)
CLASSES = (*DIGITS, *LETTERS, *SIGNS)

_PLACES = {name: place for place, name in enumerate(CLASSES)}
# Characters that look like another one are called as that one.
_TWINS = {
    **dict(zip("АВЕКМНОРСТХаеоркстхуіјѕ", "abekmhopctxaeopkctxyijs", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυ", "abezhikmnoptyxaikvopu", strict=True)),
    **{"–": "-", "—": "-", "_": "-", "−": "-", ";": ":", "'": ",", '"': ",", "’": ",", "`": ","},
    **{"·": ".", "•": ".", "\\": "/", "{": "(", "}": ")", "≤": "<", "≥": ">", "→": "arrow", "✓": "tick", "✗": "×"},
    **{"ß": "b", "æ": "a", "ø": "o", "ı": "i", "ł": "l", "đ": "d", "º": "°"},
}
STRUCK, OTHER = _PLACES["struck"], _PLACES["other"]


def name_of(character: str) -> int:
    """The place in CLASSES of a character as it looks: É is e, Cyrillic А is a, ж is "other"."""
    character = _TWINS.get(character, character)
    if character in _PLACES:
        return _PLACES[character]
    plain = unicodedata.normalize("NFD", character)[0]
    return _PLACES.get(_TWINS.get(plain, plain).lower(), OTHER)
