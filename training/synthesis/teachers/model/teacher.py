"""The model teacher: one draw is one question that a model makes from known ones, checks, mends and solves many times.

    roots -> maker -> question, checked and mended by its author in the same reply -> attempts in words and by programs
          -> agreement -> candidate with the solutions that have the agreed answer

Promises: what a draw is made of, its prompts and its seeds depend on the options, the split and the number alone; a draw from
which nothing comes says why; questions on which words and programs disagree are told as `hard` with both answers. Does not
promise equal replies: that is the model's and its server's. It holds nothing between draws, so that any of them can be made
at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from .....engine.backend import Backend, Sampling
from .....engine.backends import find
from .....engine.errors import BackendError, UsageError
from .....sandbox import ProcessSandbox, Program, Sandbox, SandboxError
from ....seeds.bank import load_bank
from ....seeds.drafts import Split
from ...candidate import Candidate
from ...teacher import NoCandidate, Teacher
from ..program import BANK
from ..registry import Wishes
from .author import Author, load_author
from .makers import Maker, load_makers
from .options import ModelOptions, options_of
from .plan import Plan, plan
from .proposals import proposals
from .reply import Rejected, Written, objection, read_reply
from .roots import BankRoots, FileRoots, Root, Roots
from .solving import Attempts, Solved

PROBE_S = 30.0
"""How long a server that has failed may take to show that it still works."""
PROBE = Sampling(max_tokens=4)
"""How it is asked."""


class ModelTeacher:
    """See the module. Is a `Teacher`; use `model_teacher` to make one."""

    def __init__(
        self,
        options: ModelOptions,
        author: Author,
        solver: Backend,
        sandbox: Sandbox,
        makers: tuple[Maker, ...],
        roots: Roots,
        fingerprints: tuple[str, str],
    ) -> None:
        self._options = options
        self._author = author
        self._solver = solver
        self._sandbox = sandbox
        self._makers = makers
        self._roots = roots
        self._fingerprints = fingerprints
        self._room = asyncio.Semaphore(options.concurrency)

    @property
    def configuration(self) -> Mapping[str, Any]:
        """See `Teacher.configuration`."""
        options = self._options
        return {
            "teacher": "model",
            "models": list(self._fingerprints),
            "roots": self._roots.digest,
            "makers": {one.name: one.digest for one in self._makers},
            "samples": options.samples,
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
            "seed": options.seed,
            "licences": {one.name: f"the terms of {options.model}" for one in self._makers},
        }

    def plan(self, split: Split, number: int) -> Plan | None:
        """What a draw is made of, without asking any model; None where the split has no roots."""
        return plan(self._makers, self._roots, self._options.seed, split, number)

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """See `Teacher.draw`.

        Raises:
            BackendError: the model does not answer any more.
            SandboxError: the sandbox cannot work.
        """
        planned = self.plan(split, number)
        if planned is None:
            return None
        async with self._room:
            made = await self._made_or_failed(planned)
        if isinstance(made, Rejected):
            return NoCandidate(planned.root.id, made.reason, made.question, planned.root.domain)
        return made

    async def close(self) -> None:
        """Frees the models and stops the sandbox."""
        backends = {id(one): one for one in (self._author.backend, self._solver)}
        for backend in backends.values():
            await backend.close()
        await self._sandbox.close()

    async def _made_or_failed(self, planned: Plan) -> Candidate | Rejected:
        """What comes of a plan; a failure of the model for this draw only is one of the things that may."""
        try:
            return await self._made(planned)
        except BackendError as error:
            await self._check_alive(error)
            return Rejected(f"model failed: {error}")

    async def _made(self, planned: Plan) -> Candidate | Rejected:
        """What comes of a plan."""
        answer = await self._answer(planned.root) if planned.maker.answer != "open" else ""
        if answer is None:
            return Rejected("no answer: the program of the root question fails")
        if planned.maker.answer == "masked" and planned.masked is None:
            return Rejected("nothing to mask: the root question holds no number", planned.root.question)
        written = await self._written(planned, answer)
        if isinstance(written, Rejected):
            return written
        if reason := objection(written, planned, answer):
            return Rejected(reason, written.question)
        return await self._solved(planned, written.question, answer)

    async def _answer(self, root: Root) -> str | None:
        """The root's answer, from its program where it is not known."""
        if root.answer:
            return root.answer
        async with await self._sandbox.open() as session:
            shown = await session.run(Program(root.program))
        if shown.status == "infra_error":
            raise SandboxError(f"the sandbox failed: {shown.error}; see `mathsolve doctor`")
        return (shown.ok and shown.stdout.strip()) or None

    async def _written(self, planned: Plan, answer: str) -> Written | Rejected:
        """The question that the author writes."""
        prompt = planned.maker.ask(planned.shown, answer, planned.masked)
        reply = await self._author.write(prompt, Sampling(1.0, 1.0, self._options.max_tokens, planned.seed))
        return reply if isinstance(reply, Rejected) else read_reply(reply)

    async def _solved(self, planned: Plan, question: str, answer: str) -> Candidate | Rejected:
        """The question with its solutions, where they agree."""
        options = self._options
        known = planned.known(answer)
        each = options.samples if known is None else max(1, options.samples // 2)
        sampling = Sampling(options.temperature, 1.0, options.max_tokens, planned.seed)
        solved = await Attempts(self._solver, self._sandbox, each, sampling).solve(question, known)
        if not isinstance(solved, Solved):
            return Rejected(solved, question)
        proposed = proposals(solved.attempts, self._solver.renderer.family)
        if all(one.mode == "cot" for one in proposed):
            return Rejected("no clean program: every program failed on its way to the answer", question)
        root = planned.root
        return Candidate(question, root.domain, root.id, planned.level, planned.maker.name, proposed, answer=known)

    async def _check_alive(self, error: BackendError) -> None:
        """Tells a model that has failed once from one that is gone. Raises `BackendError` for the latter."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self._author.write("Say 1.", PROBE)
                if self._solver is not self._author.backend:
                    await Author(self._solver).write("Say 1.", PROBE)
        except (TimeoutError, BackendError):
            raise error from None


def open_teacher(wishes: Wishes) -> Teacher:
    """The teacher that a user wishes for. Raises what `model_teacher` does."""
    return model_teacher(options_of(wishes))


def model_teacher(options: ModelOptions) -> ModelTeacher:
    """A teacher as the options say; loads its models.

    Raises:
        UsageError: an option has no meaning; the message names the value and the remedy.
        BackendError: a model cannot be had.
    """
    makers, roots = load_makers(options.makers), roots_of(options)
    source = find(options.model, options.family)
    solving = source if options.solver is None else find(options.solver, options.solver_family)
    solver = solving.load()
    family = solver.renderer.family
    if "cot" not in family.prompts:
        raise UsageError(f"family {family.name!r} cannot be asked to solve in words alone; choose another one")
    author = load_author(source, solver if solving is source else source.load())
    fingerprints = (source.fingerprint(), solving.fingerprint())
    return ModelTeacher(options, author, solver, ProcessSandbox(), makers, roots, fingerprints)


def roots_of(options: ModelOptions) -> Roots:
    """The roots that the options name. Raises `UsageError`."""
    if options.seeds is not None:
        return FileRoots(options.seeds, options.domains)
    return BankRoots(load_bank(sorted(BANK.glob("*.toml"))), options.domains)
