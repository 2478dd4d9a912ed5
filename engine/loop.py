"""The mixed loop: thought, program, executed observation, and so on until the model states its answer.

An attempt never raises: however it ends, what was written and run so far is a `Trajectory` with a stop reason.

After a program that ran, the answer is what it printed: when the model opens its box, the engine writes the printed text
into it. A small model cannot spoil a long result by copying it, and the copying costs no time. Those tokens count as
observation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ..prompts import Segment
from ..sandbox import Observation, Program, Sandbox, SandboxError, Session
from .answers import boxed
from .backend import Backend, Completion, Sampling
from .errors import BackendError
from .trajectory import Problem, Step, Stop, Thought, Tokens, Trajectory

OUTPUT_CHARS = 600
"""Characters of an observation that go into the context; the middle of a longer one is left out, with its length."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while answering, for whoever watches."""

    kind: Literal["thought", "program", "observation", "answer"]
    """`thought` and `program` carry text as it is written, `observation` what a program showed, `answer` the answer."""
    text: str = ""
    """The new text."""
    observation: Observation | None = None
    """The observation, for `observation`."""


Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """What one attempt may use."""

    programs: int = 4
    """Programs to run."""
    tokens: int = 1024
    """Tokens after the prompt, observations included."""


class Attempt:
    """One attempt at a problem. `await run()` drives it; `trajectory` can be taken at any moment."""

    def __init__(
        self,
        problem: Problem,
        mode: str,
        backend: Backend,
        sandbox: Sandbox,
        *,
        budget: Budget,
        sampling: Sampling,
        listener: Listener | None = None,
    ) -> None:
        self.problem = problem
        self._mode = mode
        self._backend = backend
        self._sandbox = sandbox
        self._budget = budget
        self._sampling = sampling
        self._listener = listener
        self._renderer = backend.renderer
        self._tokens = self._renderer.encode(self._renderer.family.ask(problem.question, mode))
        self._prompt_length = len(self._tokens.ids)
        self._steps: list[Step] = []
        self._begun = ""
        """Text of a thought that goes on in the next completion."""
        self._filling = ""
        """The whole of what was printed, when it was written into the box after the last program."""
        self._session: Session | None = None
        self._stop: Stop = "cancelled"
        self._answer: str | None = None
        self._detail: str | None = None

    async def run(self) -> None:
        """Thinks, runs programs and reads their outputs until it stops."""
        try:
            while not await self._turn():
                pass
        except BackendError as error:
            self._end("backend_error", str(error))
        except SandboxError as error:
            self._end("sandbox_error", str(error))
        finally:
            if self._session is not None:
                await self._session.close()

    def trajectory(self, stop: Stop | None = None) -> Trajectory:
        """What happened so far; `stop` overrides the reason, for an attempt that was ended from outside."""
        return Trajectory(
            self.problem, tuple(self._steps), self._answer, stop or self._stop, self._tokens, self._detail
        )

    async def _turn(self) -> bool:
        """One completion, and what it calls for: a program to run, a box to fill. True when the attempt is over."""
        room = self._room()
        if room <= 0:
            return self._end("max_tokens", f"used all of its {self._budget.tokens} tokens")
        writer = _Writer(self) if self._listener else None
        completion = await self._backend.generate(
            self._tokens.ids, self._limited(room), writer.hear if writer else None
        )
        if completion.ids[-1:] == (self._renderer.box_id,) and self._may_fill:
            return self._fill_box(completion)
        program = self._read(completion)
        if program is None:
            return self._conclude(completion)
        return await self._execute(program)

    def _limited(self, room: int) -> Sampling:
        """The sampling of the next completion."""
        stops = (self._renderer.box_id,) if self._may_fill else ()
        return replace(self._sampling, max_tokens=min(self._sampling.max_tokens, room), stop_ids=stops)

    @property
    def _may_fill(self) -> bool:
        """Whether the engine fills the next box: once after a program that printed something."""
        return bool(self._printed()) and not self._begun

    def _printed(self) -> str:
        """What the last program printed, if it ran to its end."""
        last = self._steps[-1] if self._steps else None
        return last.text.strip() if isinstance(last, Observation) and last.ok else ""

    def _fill_box(self, completion: Completion) -> bool:
        """Writes the printed text into the box that the model has opened; the model goes on after it."""
        self._filling = self._printed()
        filling = shorten(self._filling, OUTPUT_CHARS) + "}"
        self._begun = self._renderer.decode(completion.ids) + filling
        self._tokens = self._tokens.extended(completion.ids, "thought", completion.logprobs)
        self._tokens += self._renderer.encode([Segment(filling, "observation")])
        self.tell(Event("thought", filling))
        return False

    def _room(self) -> int:
        used = len(self._tokens.ids)
        return min(self._prompt_length + self._budget.tokens, self._backend.context) - used

    def _read(self, completion: Completion) -> Program | None:
        """Books what the model wrote as steps and tokens. The program that it wants to be run, if any."""
        ids, family = completion.ids, self._renderer.family
        tag = self._renderer.tag_ids
        opened = ids.index(tag[family.program_open]) if tag[family.program_open] in ids else len(ids)
        stopped = completion.finished == "stop"
        body = ids[: len(ids) - 1] if stopped else ids
        thought, self._begun = self._begun + self._renderer.decode(body[:opened]), ""
        if thought.strip():
            self._steps.append(Thought(thought))
        self._tokens = self._tokens.extended(ids[:opened], "thought", completion.logprobs[:opened])
        self._tokens = self._tokens.extended(ids[opened:], "program", completion.logprobs[opened:])
        if stopped and ids[-1] == tag[family.end]:
            self._tokens = Tokens(self._tokens.ids, (*self._tokens.roles[:-1], "stop"), self._tokens.logprobs)
        if opened == len(ids):
            return None
        program = Program(self._renderer.decode(body[opened + 1 :]))
        self._steps.append(program)
        return program if stopped and ids[-1] == tag[family.program_close] else None

    async def _execute(self, program: Program) -> bool:
        if sum(isinstance(step, Observation) for step in self._steps) >= self._budget.programs:
            return self._end("max_programs", f"wanted more than {self._budget.programs} programs")
        if self._session is None:
            self._session = await self._sandbox.open(self._sampling.seed)
        observation = await self._session.run(program)
        if observation.status == "infra_error":
            return self._end("sandbox_error", observation.error or "the sandbox failed")
        self._steps.append(observation)
        self._filling = ""
        self.tell(Event("observation", observation.text, observation))
        shown = shorten(observation.text, OUTPUT_CHARS)
        self._tokens += self._renderer.encode(self._renderer.family.observe(shown))
        return False

    def _conclude(self, completion: Completion) -> bool:
        if completion.finished != "stop":
            return self._end("max_tokens", "ran out of tokens before it stated an answer")
        last = self._steps[-1] if self._steps else None
        self._answer = self._filling or (boxed(last.text) if isinstance(last, Thought) else None)
        if self._answer:
            self.tell(Event("answer", self._answer))
            return self._end("answered", None)
        if isinstance(last, Thought) and not any(isinstance(step, Program) for step in self._steps):
            return self._end("refused", last.text.strip())
        return self._end("no_answer", "ended without stating an answer")

    def _end(self, stop: Stop, detail: str | None) -> bool:
        self._stop, self._detail = stop, detail
        return True

    def tell(self, event: Event) -> None:
        """Passes an event on to whoever listens."""
        if self._listener is not None:
            self._listener(event)


class _Writer:
    """Turns the tokens of one completion into events, character by character."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._renderer = attempt._renderer
        self._kind: Literal["thought", "program"] = "thought"
        self._ids: list[int] = []
        self._told = 0

    def hear(self, token_id: int) -> None:
        """One more token."""
        if token_id == self._renderer.tag_ids[self._renderer.family.program_open]:
            self._kind, self._ids, self._told = "program", [], 0
            return
        if token_id in self._renderer.stop_ids:
            return
        self._ids.append(token_id)
        text = self._renderer.decode(self._ids)
        if not text.endswith("\ufffd"):  # the middle of a character of several bytes
            self._attempt.tell(Event(self._kind, text[self._told :]))
            self._told = len(text)


def shorten(text: str, limit: int) -> str:
    """Head and tail of a long text with the number of characters left out between them.

    >>> shorten("0123456789", 4)
    '01... 6 characters left out ...89'
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}... {len(text) - 2 * half} characters left out ...{text[-half:]}"
