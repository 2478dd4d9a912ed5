"""Stops in a stream of tokens: the same as in the whole text, however it is cut into tokens."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.backends.stopping import Reader

STOPS = ("```output", "</end>", "```")
PARTS = st.lists(
    st.sampled_from(["`", "``", "```", "out", "put", "</", "end", ">", "x", " ", "½", "a```o"]), max_size=40
)


def bytes_of(parts: Sequence[str]) -> list[bytes]:
    """Tokens as bytes, in which a character of two bytes is cut in two."""
    return [piece for part in parts for piece in ([part.encode()] if part != "½" else [b"\xc2", b"\xbd"])]


@given(PARTS)
def test_the_first_stop_of_the_text_is_found_and_everything_before_it_told(parts: list[str]) -> None:
    tokens = bytes_of(parts)
    reader = Reader(lambda ids: b"".join(tokens[i] for i in ids).decode(errors="replace"), STOPS)
    told, stopped = "", None
    for number in range(len(tokens)):
        if (stopped := reader.read(number)) is not None:
            break
        told += reader.news()
    text = "".join(parts)
    first = min((text.find(stop) for stop in STOPS if stop in text), default=-1)
    if first < 0:
        assert stopped is None and reader.text == text
        assert told + reader.rest(text) == text
    else:
        assert stopped is not None and stopped.text == text[:first] and stopped.stop in STOPS
        assert text.startswith(stopped.text + stopped.stop + stopped.overshoot)
        assert told + reader.rest(stopped.text) == stopped.text


def test_what_a_token_holds_beyond_the_stop_is_told_apart() -> None:
    tokens = ["1\n", "``", "`out", "put\n2"]
    reader = Reader(lambda ids: "".join(tokens[i] for i in ids), ("```output",))
    found = [reader.read(number) for number in range(4)][-1]
    assert found is not None and (found.text, found.overshoot) == ("1\n", "\n2")
    assert found.rest("1\n```out") == "put"
