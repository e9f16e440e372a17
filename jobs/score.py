"""Score a file of completions with any reward: every term's value, state and reason, and a table of the whole.

python -m jobs.score input=completions.jsonl                    with the default reward
python -m jobs.score input=run/rollouts.jsonl columns.answer=null '~reward.terms.correct'
python -m jobs.score input=chats.jsonl columns.prompt=messages.0.content columns.completion=messages.-1.content

No network is loaded, nor torch: mend a reward here, then train with it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

from omegaconf import DictConfig

from jobs.launch import build, job, plain
from model.files import staged_file
from rewards.base import Batched, Reward, Sample, State, Verdict
from rewards.functions import judge
from rlhf.display import Display
from rlhf.errors import ConfigError, DataError

Row = dict[str, Any]
NEEDED = ("prompt", "completion")
OWN_COLUMNS = (*NEEDED, "task", "language", "finish_reason", "num_tokens")


@job("score")
def main(config: DictConfig) -> None:
    settings = plain(config)
    columns = _columns(settings["columns"])
    if missing := [name for name in NEEDED if name not in columns]:
        raise ConfigError(f"columns names no {' and no '.join(missing)}; give columns.{missing[0]}=<the file's name>")
    source = Path(config.input).expanduser()
    target = Path(config.output).expanduser() if config.output else source.with_suffix(".scored.jsonl")
    place = target.resolve()  # a user's function may change the working directory
    if place == source.resolve():
        raise ConfigError(f"output is the input, {source}; give another file")
    numbered = read_rows(source)
    rows = [row for _, row in numbered]
    samples = [_sample(f"{source}, line {number}", row, columns) for number, row in numbered]
    place.parent.mkdir(parents=True, exist_ok=True)
    # Opened before anything is judged: a judge that has to be paid must not answer for a file that cannot be written.
    with staged_file(place) as partial, partial.open("w", encoding="utf-8", errors="backslashreplace") as file:
        verdicts = score(build(config.reward), samples)
        for row, verdict in zip(rows, verdicts, strict=True):
            file.write(json.dumps({**row, "reward": verdict.value, **_described(verdict)}, ensure_ascii=False) + "\n")
    _show(Display(), verdicts)
    print(f"{len(rows)} rows scored: {target}")


def score(reward: Reward, samples: Sequence[Sample]) -> list[Verdict]:
    """One verdict per sample; neighbours with the same prompt are judged as one group, slow terms of all at once."""
    groups = [list(group) for _, group in groupby(samples, key=lambda sample: sample.prompt)]
    judged = reward.judge_groups(groups) if isinstance(reward, Batched) else [judge(reward, group) for group in groups]
    return [verdict for verdicts in judged for verdict in verdicts]


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """The objects of a JSONL file with their line numbers, counted from 1; blank lines are passed over.

    Raises:
        DataError: if there is no file, no row, or a line that is no JSON object.
    """
    if not path.is_file():
        raise DataError(f"no file {path}; mend input (a relative path starts at {Path.cwd()})")
    with path.open("rb") as file:
        lines = [(number, line) for number, line in enumerate(file, start=1) if line.strip(b" \t\r\n\xef\xbb\xbf")]
    if not lines:
        raise DataError(f"{path} has no rows; give a file with one completion per line")
    return [(number, _row(f"{path}, line {number}", line)) for number, line in lines]


def _row(where: str, line: bytes) -> Row:
    try:
        row = json.loads(line.decode("utf-8-sig"))
        json.dumps(row)  # written again when all is judged; too late to learn then that it is nested too deep
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is not UTF-8 ({error.reason} at byte {error.start}); write the file anew") from None
    except RecursionError:
        raise DataError(f"{where} is JSON nested too deep to be read; mend or remove that line") from None
    except ValueError as error:  # also an integer of more digits than Python reads
        raise DataError(f"{where} is not JSON ({error}); mend or remove that line") from None
    if not isinstance(row, dict):
        raise DataError(f"{where} holds a {type(row).__name__}; give one JSON object per line")
    return row


def _columns(given: Any) -> dict[str, str]:
    """Our names and the file's, without those that the file has not."""
    named = {str(ours): theirs for ours, theirs in given.items() if theirs is not None} if given else {}
    for ours, theirs in named.items():
        if not isinstance(theirs, str):
            raise ConfigError(f"columns.{ours} is {theirs!r}; give the name of a column (in quotes if it is a number)")
    return named


def _sample(where: str, row: Row, columns: Mapping[str, str]) -> Sample:
    found = {ours: _found(row, theirs) for ours, theirs in columns.items()}
    if missing := [columns[ours] for ours, values in found.items() if not values]:
        raise DataError(
            f"{where} has no column {', '.join(missing)}; it has {', '.join(row)}: mend columns (null: none)"
        )
    given = {ours: values[0] for ours, values in found.items()}
    if texts := [name for name in NEEDED if not isinstance(given[name], str)]:
        raise DataError(f"{where}: column {columns[texts[0]]!r} holds no text; mend the row or columns.{texts[0]}")
    for name in ("task", "language", "finish_reason", "num_tokens"):
        if name in given and not _fits(name, given[name]):
            raise DataError(
                f"{where}: column {columns[name]!r} holds {str(given[name])[:60]!r} of type "
                f"{type(given[name]).__name__}; it must hold {_OWN_VALUES[name]}: mend the row, or set "
                f"columns.{name}=null"
            )
    reference = {name: value for name, value in given.items() if name not in OWN_COLUMNS}
    return Sample(reference=reference, **{name: value for name, value in given.items() if name in OWN_COLUMNS})


def _found(row: Row, name: str) -> list[Any]:
    """The value of a column, or of what `column.key.0` leads to in nested ones; none where there is no such."""
    if name in row:
        return [row[name]]
    value: Any = row
    for key in name.split("."):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and re.fullmatch(r"-?\d{1,9}", key) and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            return []
    return [value]


_OWN_VALUES = {
    "task": "text (empty: none)",
    "language": "text such as de (empty: not known)",
    "finish_reason": "stop, stop_string or length",
    "num_tokens": "a whole number of tokens (0: not known)",
}


def _fits(name: str, value: object) -> bool:
    if name == "num_tokens":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, str) and (name != "finish_reason" or value in ("stop", "stop_string", "length"))


def _described(verdict: Verdict) -> Row:
    described: Row = {"state": verdict.state.value, "reason": verdict.reason}
    return {**described, "terms": {name: term.to_dict() for name, term in verdict.terms.items()}}


def _show(display: Display, verdicts: Sequence[Verdict]) -> None:
    """The table of means, coverage and failures, and the most frequent reasons of what failed."""
    names = dict.fromkeys(name for verdict in verdicts for name in verdict.terms)
    columns = {name: [v.terms[name] for v in verdicts if name in v.terms] for name in names}
    lost = [state for state in State if state is not State.VALUE]
    display.table(
        f"{len(verdicts)} completions",
        ["", "mean", "covered", *(state.value.replace("_", " ") for state in lost)],
        [_line(name, column, len(verdicts), lost) for name, column in {**columns, "reward": list(verdicts)}.items()],
    )
    for (name, reason), count in Counter(_failures(columns)).most_common(5):
        display.message(f"{count} x {name}: {reason}")


def _line(name: str, column: Sequence[Verdict], total: int, lost: Sequence[State]) -> list[str]:
    values = [verdict.value for verdict in column if verdict.value is not None]
    states = Counter(verdict.state for verdict in column)
    mean = f"{fmean(values):.4g}" if values else "-"
    return [name, mean, f"{len(values) / total:.1%}", *(str(states[state] or "") for state in lost)]


def _failures(columns: Mapping[str, Sequence[Verdict]]) -> Iterator[tuple[str, str]]:
    for name, column in columns.items():
        for verdict in column:
            if verdict.state in (State.FAILED, State.TIMED_OUT):
                yield name, verdict.reason


if __name__ == "__main__":
    main()
