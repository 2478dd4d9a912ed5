"""The report as one HTML file, which works from a disk, without a network, for years.

The page is put together from the sources in `page/`; its figures are drawn here, its trajectories travel as packed
blocks (see `archive`) and are unpacked by the page when they are looked at.

Promises: the file asks nothing of a network, and its Content-Security-Policy lets no script and no style run but its
own, by hash; text of models is only ever text. Does not promise to work in browsers without MathML Core and
DecompressionStream (before 2024).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files

from .markup import Markup, element

SCRIPTS = (
    "dom.js",
    "names.js",
    "tex.js",
    "formula.js",
    "prose.js",
    "python.js",
    "archive.js",
    "detail.js",
    "browser.js",
    "main.js",
)
"""Parts of the page's one script, in order."""
_POLICY = "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"


def page(title: str, report: Markup, sections: dict[str, str], archive: Iterable[str]) -> Iterator[str]:
    """The pieces of the file in order.

    Args:
        title: the page's title.
        report: what stands above the trajectories.
        sections: names of the report's sections by id, for the bar.
        archive: packed blocks, and the packed index last (see `archive.archive`); none for figures alone.
    """
    script = '"use strict";\n{\n' + "\n".join(_source(name) for name in SCRIPTS) + "}\n"
    style = _source("style.css")
    parts = {
        "policy": _POLICY.format(script=_hash(script), style=_hash(style)),
        "title": element("title", title).removeprefix("<title>").removesuffix("</title>"),
        "style": style,
        "sections": "\n".join(element("a", name, href=f"#{anchor}") for anchor, name in sections.items()),
        "report": report,
        "script": script,
    }
    template = _source("page.html")
    while template:
        before, _, rest = template.partition("<!--")
        yield before
        name, _, template = rest.partition("-->")
        if name == "archive":
            yield from _data(archive)
        elif name:
            yield parts[name]


def _data(archive: Iterable[str]) -> Iterator[str]:
    """The archive as scripts that no browser runs; its alphabet has no character that could end them."""
    block = None
    for following in archive:
        if block is not None:
            yield f'<script type="text/plain" class="block">{block}</script>\n'
        block = following
    if block is not None:
        yield f'<script type="text/plain" id="index">{block}</script>\n'


def _source(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
