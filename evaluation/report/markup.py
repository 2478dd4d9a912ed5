"""HTML and SVG as values: text is escaped unless it is `Markup` already, so text of a model cannot become a tag.

Promises: whatever is put in as `str` is shown as those characters. Does not promise that elements nest as HTML demands.
"""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | int | None
"""What stands inside an element; None is nothing."""
_VOID = frozenset({"br", "col", "hr", "img", "input", "meta"})


def element(name: str, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element; `class_` and `for_` stand for the reserved words, `_` for `-`; None and False leave an attribute out.

    >>> element("p", "1 < 2", class_="note", aria_hidden=True)
    '<p class="note" aria-hidden="">1 &lt; 2</p>'
    """
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{head}>" if name in _VOID else f"<{head}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(_inside(child) for child in children if child is not None))


def writable(text: str) -> str:
    """`text` with question marks for halves of surrogate pairs, which models may say but files cannot hold."""
    return text.encode("utf-8", "replace").decode()


def _inside(child: str | int) -> str:
    return child if isinstance(child, Markup) else escape(writable(str(child)), quote=False)


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    text = "" if value is True else f"{value:.6g}" if isinstance(value, float) else str(value)
    return f' {_name(key)}="{escape(writable(text))}"'


def _name(key: str) -> str:
    """The attribute's name; `viewBox` and its like keep their capitals."""
    return key.rstrip("_").replace("_", "-")
