"""The tables of a report: pure functions of the figures of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..metrics.figures import Group, Metrics, Part
from .table import Cell, Row, Table, p_value, percent, points


@dataclass(frozen=True, slots=True)
class Named:
    """The figures of a run, with the name that tells it from others."""

    name: str
    """Name of the run."""
    metrics: Metrics
    """Its figures."""
    series: Mapping[str, str] = field(default_factory=dict)
    """What the page calls its samples of each mode; empty where the page has no others."""


def groups(runs: Sequence[Named]) -> Iterator[tuple[Named, Group]]:
    """The groups of all runs, those of one benchmark beside each other."""
    benches = dict.fromkeys(group.bench for run in runs for group in run.metrics.groups)
    for bench in benches:
        for run in runs:
            yield from ((run, group) for group in run.metrics.groups if group.bench == bench)


def label(run: Named, group: Group, runs: Sequence[Named]) -> str:
    """What tells the samples of a group from others in the same report."""
    return " · ".join([group.bench, group.mode, *([run.name] if len(runs) > 1 else [])])


def filters(run: Named, group: Group) -> dict[str, str]:
    """What the page filters by to show the samples of a group."""
    return {"bench": group.bench, **({"series": run.series[group.mode]} if run.series else {})}


def headline(runs: Sequence[Named]) -> Table:
    """The first table: what was measured, and how well it went."""
    rows: list[Row] = [
        (*_names(run, group, runs), group.accuracy, *_many(group), _count(group.problems), _each(group))
        for run, group in groups(runs)
    ]
    rows += [
        (name, one.mode, *([run.name] if len(runs) > 1 else []), found, "", "", "", _count(found.n), "")
        for run in runs
        for one in run.metrics.averages
        if one.metric == "pass@1"
        for name, found in (("all, by problems", one.micro), ("all, by benchmarks", one.macro))
    ]
    note = "pass@1 is the mean share of right replies with a 95% interval over problems; undecided counts as not right."
    columns = ("pass@1", "maj@k", "pass@k", "undecided", "problems", "samples")
    return Table("Results", (*_naming(runs), *columns), tuple(rows), len(_naming(runs)), note)


def curves(runs: Sequence[Named]) -> Table:
    """What is behind the curves over k."""
    rows: list[Row] = [
        (*_names(run, group, runs), str(passes.k), passes.estimate, votes.estimate, steady.estimate)
        for run, group in groups(runs)
        for passes, votes, steady in zip(group.passes, group.votes, group.steady, strict=True)
        if group.fewest > 1
    ]
    note = "pass@k: one of k samples is right. maj@k: the most frequent answer of k is right. pass^k: all k are right."
    return Table(
        "Ability and stability",
        (*_naming(runs), "k", "pass@k", "maj@k", "pass^k"),
        tuple(rows),
        len(_naming(runs)),
        note,
    )


def stability(runs: Sequence[Named]) -> Table:
    """Problems by how often they are solved."""
    rows: list[Row] = [
        (
            *_names(run, group, runs),
            _count(group.stability.never),
            _count(sum(group.stability.bins)),
            _count(group.stability.always),
            group.gap,
            percent(group.mean_g_pass),
        )
        for run, group in groups(runs)
        if group.fewest > 1
    ]
    note = "The gap is pass@k less pass@1: what can be done at all, less what is done reliably."
    columns = ("never solved", "sometimes", "always", "gap", "mG-Pass@k")
    return Table("Stability", (*_naming(runs), *columns), tuple(rows), len(_naming(runs)), note)


def parts(runs: Sequence[Named]) -> Iterator[Table]:
    """Accuracy by subject and by level, a table for each."""
    for title, key in (("Accuracy by subject", "subjects"), ("Accuracy by level", "levels")):
        rows: list[Row] = [
            (*_names(run, group, runs), part.name, _count(part.accuracy.n), part.accuracy, percent(part.ability.value))
            for run, group in groups(runs)
            for part in _parts(group, key)
        ]
        yield Table(
            title,
            (*_naming(runs), key.removesuffix("s"), "problems", "pass@1", "pass@k"),
            tuple(rows),
            len(_naming(runs)) + 1,
        )


def endings(runs: Sequence[Named]) -> Table:
    """Why samples ended, in percent of samples."""
    return _counts("Why samples ended", runs, lambda group: group.stops)


def answers(runs: Sequence[Named]) -> Table:
    """What became of answers."""
    rows: list[Row] = []
    for run, group in groups(runs):
        trust = group.trust
        shares = (
            trust.right,
            trust.wrong,
            trust.undecided,
            trust.withheld_right,
            trust.withheld - trust.withheld_right,
        )
        rows.append((*_names(run, group, runs), *map(percent, shares), percent(group.unanswered), group.strict))
    columns = ("right", "wrong", "undecided", "withheld, right", "withheld, not", "none stated", "strict")
    note = "Shares of samples. Strict counts only those that ended by stating their answer."
    return Table("What became of answers", (*_naming(runs), *columns), tuple(rows), len(_naming(runs)), note)


def programs(runs: Sequence[Named]) -> Table:
    """What programs did."""
    rows: list[Row] = []
    for run, group in groups(runs):
        used = group.programs
        if used.used:
            shares = (used.used, used.failing, used.silent, used.right_if_ran, used.right_if_failed, used.repaired)
            rows.append((*_names(run, group, runs), f"{used.each:.2f}", *map(percent, shares), percent(used.agreement)))
    columns = ("a sample", "used in", "failing", "silent", "right if ran", "right if failed", "repaired", "agreeing")
    note = (
        "Right if ran, if failed: accuracy of samples by how their last program ended. Repaired: the last program ran "
        "after the first had failed. Agreeing: the answer is what the last program showed."
    )
    return Table("Programs", (*_naming(runs), *columns), tuple(rows), len(_naming(runs)), note)


def statuses(runs: Sequence[Named]) -> Table:
    """How programs ended, in percent of programs."""
    return _counts("How programs ended", runs, lambda group: group.programs.statuses)


def effort(runs: Sequence[Named]) -> Table:
    """What it took."""
    rows: list[Row] = []
    for run, group in groups(runs):
        took = group.effort
        per_right = "–" if took.sampled_per_right is None else _count(round(took.sampled_per_right))
        tokens = (f"{x:,.0f}" for x in (took.prompt_tokens, took.sampled_tokens, took.observed_tokens))
        cost = () if took.cost is None else (f"{took.cost:,.2f}",)
        rows.append(
            (*_names(run, group, runs), *tokens, per_right, _time(took.seconds), _time(took.median_seconds), *cost)
        )
    columns = ["prompt", "sampled", "observed", "sampled / right", "mean time", "median time"]
    columns += ["cost"] if rows and len(rows[0]) > len(columns) + len(_naming(runs)) else []
    note = "Tokens and wall time of a sample; samples run beside each other."
    return Table("Tokens and time", (*_naming(runs), *columns), tuple(rows), len(_naming(runs)), note)


def choices(runs: Sequence[Named]) -> Table:
    """What is gained by choosing among samples by a score."""
    rows: list[Row] = [
        (*_names(run, group, runs), chosen.scorer, name, found)
        for run, group in groups(runs)
        for chosen in group.chosen
        for name, found in (
            *((f"best of {point.k}", point.estimate) for point in chosen.best[-1:]),
            *(
                (f"vote weighed by {way}{', as in use' * (way == chosen.used)}", it)
                for way, it in chosen.weighted.items()
            ),
            *([("filtered vote", chosen.filtered)] if chosen.filtered is not None else []),
        )
    ]
    columns = (*_naming(runs), "scorer", "choice", "accuracy")
    return Table("Choosing by a score", columns, tuple(rows), len(columns) - 1)


def modes(runs: Sequence[Named]) -> Iterator[Table]:
    """Who solved what, where a run has several modes."""
    several = len(runs) > 1
    naming = ("benchmark", *(["run"] if several else []))
    found = [(run, overlap) for run in runs for overlap in run.metrics.overlaps]
    solved: list[Row] = [
        (
            overlap.bench,
            *([run.name] if several else []),
            name.replace("+", " + "),
            _count(count),
            percent(count / total),
        )
        for run, overlap in found
        if (total := sum(overlap.solved.values()))
        for name, count in sorted(overlap.solved.items(), key=lambda one: -one[1])
    ]
    note = "A mode solves a problem when at least half of its samples are right."
    yield Table(
        "Who solved what", (*naming, "solved by exactly", "problems", "share"), tuple(solved), len(naming) + 1, note
    )
    changes: list[Row] = [
        (
            overlap.bench,
            *([run.name] if several else []),
            name.replace(" - ", " less "),
            points(change.value),
            f"{points(change.low)} to {points(change.high)}",
            f"{change.wins} / {change.losses}",
            p_value(change.p),
        )
        for run, overlap in found
        for name, change in overlap.differences.items()
    ]
    columns = (*naming, "modes", "points", "95% interval", "better / worse on", "p")
    yield Table("Modes compared", columns, tuple(changes), len(naming) + 1)


def every_table(runs: Sequence[Named]) -> Iterator[Table]:
    """All tables that have something to show, in the order of the report."""
    made: Iterable[Table] = (
        headline(runs),
        curves(runs),
        stability(runs),
        *parts(runs),
        *modes(runs),
        choices(runs),
        answers(runs),
        endings(runs),
        programs(runs),
        statuses(runs),
        effort(runs),
    )
    yield from filter(None, made)


def _counts(title: str, runs: Sequence[Named], counted: Callable[[Group], Mapping[str, int]]) -> Table:
    """A row for each group, a column for each kind, the most frequent first."""
    found = [(run, group, counts) for run, group in groups(runs) if (counts := counted(group))]
    totals = sum((Counter(counts) for *_, counts in found), Counter[str]())
    rows: list[Row] = [
        (
            *_names(run, group, runs),
            *(
                percent(counts.get(kind, 0) / sum(counts.values())) if kind in counts else "–"
                for kind, _ in totals.most_common()
            ),
            _count(sum(counts.values())),
        )
        for run, group, counts in found
    ]
    kinds = (kind.replace("_", " ") for kind, _ in totals.most_common())
    return Table(title, (*_naming(runs), *kinds, "in all"), tuple(rows), len(_naming(runs)))


def _parts(group: Group, key: str) -> tuple[Part, ...]:
    return group.subjects if key == "subjects" else group.levels


def _naming(runs: Sequence[Named]) -> tuple[str, ...]:
    return ("benchmark", "mode", "run") if len(runs) > 1 else ("benchmark", "mode")


def _names(run: Named, group: Group, runs: Sequence[Named]) -> tuple[str, ...]:
    return (group.bench, group.mode, run.name) if len(runs) > 1 else (group.bench, group.mode)


def _many(group: Group) -> tuple[Cell, Cell, str]:
    """The vote and the ability at the largest k, and what was not decided."""
    undecided = percent(group.undecided)
    if group.fewest < 2:
        return "", "", undecided
    return group.votes[-1].estimate, group.passes[-1].estimate, undecided


def _each(group: Group) -> str:
    """Samples of a problem, or of all where they differ."""
    even = group.samples == group.fewest * group.problems
    return f"{group.fewest} each" if even else f"{_count(group.samples)} in all"


def _count(number: int) -> str:
    return f"{number:,}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"
