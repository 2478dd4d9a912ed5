"""`mathsolve sandbox`: what has to be prepared before the docker sandbox can be used."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

app = App(name="sandbox", help="Prepare the sandbox.")


@app.command
def image(*, force: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Build the image of the docker sandbox from this machine's own Python, and give it to the Docker daemon.

    No registry and no network: the image holds this interpreter, its standard library, the libraries that programs may
    import (sympy, mpmath, numpy) and the sandbox itself; no shell and no file of yours. It is named after what is in
    it: after an upgrade run this again, and remove the older one with docker rmi. Then: mathsolve exec --sandbox docker
    FILE runs a program in a container.

    Parameters
    ----------
    force
        Build it again though it is there, such as after a library was changed by hand.
    """
    from .docker.image import build_image, image_name

    size = build_image(force)
    print(f"{image_name()}  {size / 1e6:.0f} MB")
