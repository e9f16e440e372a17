"""The jobs from the command line to the files they leave, with a tiny random network on one thread."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import jobs.parts
from jobs import (
    bench,
    bond,
    chat,
    compare,
    distill,
    dpo,
    evaluate,
    export,
    merge,
    reward_model,
    rollouts,
    score,
    sft,
    train,
)
from jobs.checkpoints import open_checkpoint
from model.adapter_files import read_adapter
from model.hf import save_hf
from model.merging import read_delta
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.types import Prompt

ROOT = Path(__file__).resolve().parents[2]
STEPS = {"warmup": 3, "GRPO": 4}

REWARDS = '''
import glob
import os
from pathlib import Path


def brevity(sample):
    """Differs within a group; kills the process once some file holds some text."""
    pattern = os.environ.get("STOP_FILES")
    if pattern and any(os.environ["STOP_TEXT"] in Path(name).read_text() for name in glob.glob(pattern)):
        os.kill(os.getpid(), int(os.environ["STOP_SIGNAL"]))
    return sum(map(ord, sample.completion)) % 7 / 10


def too_few(group):
    return [1.0]
'''


class Tiny:
    """A folder with a checkpoint, data, rewards, and the settings that use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint"
        model = tiny_model()
        save_hf(self.checkpoint, TINY, model.state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
        tiny_tokenizer().save(self.checkpoint)
        self.data = folder / "sums.jsonl"
        rows = [{"question": f"What is {i} plus {2 * i}?", "answer": str(3 * i)} for i in range(40)]
        self.data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.rewards = folder / "my_rewards.py"
        self.rewards.write_text(REWARDS)

    def problems(self) -> list[str]:
        return ["data=records", f"data.path={self.data}", "data.held_out=8", "eval.plan.num_prompts=8"]

    def network(self) -> list[str]:
        return ["model=folder", f"model.checkpoint={self.checkpoint}", "model.dtype=float32", *self.machine()]

    def machine(self) -> list[str]:
        return ["threads=1", "device=cpu", "sampling.max_completion_tokens=6"]

    def reward(self, function: str = "brevity") -> str:
        return f"+reward.terms.{function}={{weight: 0.1, function: '{self.rewards}:{function}'}}"

    def train(self, root: Path, *more: str) -> list[str]:
        steps = f"plan.steps={STEPS['GRPO']}"
        output = f"output_root={root}"
        return ["experiment=tiny", *self.network(), *self.problems(), self.reward(), steps, output, *more]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def finished(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that went through without a stop, as a process of its own."""
    root = tmp_path_factory.mktemp("finished")
    done = in_process_of_its_own("jobs.train", tiny.train(root))
    assert done.returncode == 0, done.stderr
    assert "python -m jobs.chat checkpoint=" in done.stdout
    return only(root.iterdir())


def in_process_of_its_own(module: str, arguments: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **env},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a job's main function in this process; returns its exit code."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    terminate = signal.getsignal(signal.SIGTERM)

    def call(job: Any, *arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", [job.__name__, *arguments])
        try:
            job.main()
        except SystemExit as stop:
            return int(stop.code or 0)
        finally:
            signal.signal(signal.SIGTERM, terminate)
        return 0

    return call


def only(paths: Any) -> Path:
    (path,) = paths
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_training_run_leaves_everything_that_a_person_needs(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {
        *("config.yaml", "config.json", "env.json", "metrics.jsonl", "rollouts.jsonl", "summary.json", "report.md"),
        *("evaluations", "checkpoints", "export"),
    }
    metrics = rows(finished / "metrics.jsonl")
    steps = [row["step"] for row in metrics if "step/warmup" in row or "step/reinforce" in row]
    assert steps == list(range(1, sum(STEPS.values()) + 1))
    assert all("reward/brevity" in row and "kl" in row for row in metrics if "step/reinforce" in row)
    written = rows(finished / "rollouts.jsonl")
    assert len(written) == STEPS["GRPO"] * 4 * 4
    assert all(set(row["terms"]) == {"correct", "format", "brevity"} for row in written)
    assert any(row["advantage"] for row in written)
    assert {path.stem for path in (finished / "evaluations").iterdir()} == {"base", "warmed_up", "after_GRPO"}
    assert [path.name for path in sorted((finished / "checkpoints").iterdir())] == ["step-000005", "step-000007"]
    assert {path.name for path in (finished / "export").iterdir()} == {"adapter", "merged", "tiny.gguf"}
    assert "after GRPO - warmed up" in (finished / "report.md").read_text()
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert set(summary["evaluations"]) == {"base", "warmed up", "after GRPO"}
    assert summary["artifacts"]["tiny-adapter"]["path"] == "export/adapter"


def test_activations_that_are_computed_again_change_nothing(
    tiny: Tiny, finished: Path, tmp_path: Path, run: Callable[..., int]
) -> None:
    assert run(train, *tiny.train(tmp_path, "model.activations=recompute")) == 0
    weights = Path("export", "adapter", "adapter_model.safetensors")
    assert (only(tmp_path.iterdir()) / weights).read_bytes() == (finished / weights).read_bytes()


def test_the_kl_to_the_start_is_zero_in_the_first_step_and_positive_later(finished: Path) -> None:
    first, *later = [row["kl"] for row in rows(finished / "metrics.jsonl") if "step/reinforce" in row]
    assert first == 0.0
    assert later[-1] > 0.0


def test_a_run_that_was_interrupted_and_killed_ends_bit_for_bit_like_one_that_was_not(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOP_FILES", str(tmp_path / "*" / "rollouts.jsonl"))
    monkeypatch.setenv("STOP_TEXT", '"step": 4,')
    monkeypatch.setenv("STOP_SIGNAL", str(int(signal.SIGTERM)))
    assert run(train, *tiny.train(tmp_path)) == 130
    folder = only(tmp_path.iterdir())
    assert sorted(path.name for path in (folder / "checkpoints").iterdir())[-1] == "step-000004"
    resume = f"resume={folder}"
    monkeypatch.setenv("STOP_TEXT", '"step": 6,')
    kill = str(int(signal.SIGKILL))
    assert in_process_of_its_own("jobs.train", tiny.train(tmp_path, resume), STOP_SIGNAL=kill).returncode == -9
    assert sorted(path.name for path in (folder / "checkpoints").iterdir())[-1] == "step-000005"
    assert [row["step"] for row in rows(folder / "rollouts.jsonl")][-1] == 6
    monkeypatch.delenv("STOP_FILES")
    assert run(train, *tiny.train(tmp_path, resume)) == 0
    ours, theirs = (load_file(path / "export" / "adapter" / "adapter_model.safetensors") for path in (folder, finished))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    for name in ("metrics.jsonl", "rollouts.jsonl"):
        assert [without_times(row) for row in rows(folder / name)] == [
            without_times(row) for row in rows(finished / name)
        ]
    assert len(json.loads((folder / "env.json").read_text())["resumed"]) == 2


def test_a_resumption_may_change_the_rate_and_says_so(
    tiny: Tiny,
    run: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STOP_FILES", str(tmp_path / "*" / "rollouts.jsonl"))
    monkeypatch.setenv("STOP_TEXT", '"step": 1,')
    monkeypatch.setenv("STOP_SIGNAL", str(int(signal.SIGTERM)))
    less = ["warmup=null", "export=null", "eval.base=false", "checkpoint.every=0"]
    less += ["optim.schedule=constant", "optim.warmup_steps=0"]
    assert run(train, *tiny.train(tmp_path, *less, "optim.lr=1e-3")) == 130
    monkeypatch.delenv("STOP_FILES")
    folder = only(tmp_path.iterdir())
    assert run(train, *tiny.train(tmp_path, *less, "optim.lr=1e-4", f"resume={folder}")) == 0
    assert "resumed with optim.lr=0.0001, was 0.001" in capsys.readouterr().out
    rates = [row["lr"] for row in rows(folder / "metrics.jsonl") if "lr" in row]
    assert (rates[0], rates[-1]) == (1e-3, 1e-4)


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith(("time/", "speed/", "memory/"))}


def test_a_sweep_makes_a_folder_per_run_and_a_dropped_term_is_gone(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    less = ["warmup=null", "export=null", "eval.base=false", "plan.steps=1", "~reward.terms.format", "seed=0,1"]
    assert run(train, "-m", *tiny.train(tmp_path, *less)) == 0
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert sorted(json.loads((path / "config.json").read_text())["config"]["seed"] for path in folders) == [0, 1]
    for folder in folders:
        assert all(set(row["terms"]) == {"correct", "brevity"} for row in rows(folder / "rollouts.jsonl"))


def test_a_loss_that_is_not_finite_stops_the_run_behind_its_last_finished_step(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(train, *tiny.train(tmp_path, "eval.base=false", "warmup.optim.lr=1e30")) == 2
    output = capsys.readouterr()
    assert re.fullmatch(r"error: the (loss|gradient norm) is .*Lower optim.lr.*\n", output.err)
    folder = only(tmp_path.iterdir())
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["step-000001"]
    assert f"resume={folder}" in output.out
    assert json.loads((folder / "summary.json").read_text())["status"] == "failed"


BAD_INPUT = {
    "an unknown setting": (["plan.step=3"], "plan.step.*--help"),
    "an unknown group option": (["loss=nope"], "nope.*grpo_kl"),
    "a mistyped constructor argument": (["+loss.clip=1"], "'clip'.*full_key: loss"),
    "a missing value": (["data=gsm8k", "data.path=???"], "data.path has no value"),
    "a missing value behind another": (["model.checkpoint=???"], "model.checkpoint has no value"),
    "a value that a constructor refuses": (
        ["plan.group_size=1"],
        "group_size must be at least 2.*GroupLikelihood.*got 1",
    ),
    "a setting that prompts do not have": (["+prompts.foo=1"], "prompts.foo is not a setting; prompts has .*shots"),
    "a setting that the sampler does not have": (["+sampler.foo=1"], "sampler.foo is not a setting"),
    "a setting that the warm-up does not have": (["+warmup.foo=1"], "warmup.foo is not a setting"),
    "a setting of the wrong type": (["prompts.max_prompt_tokens=abc"], "prompts .*abc.*does not fit"),
    "a warm-up of nothing": (["warmup.plan.steps=0"], "steps must be at least 1, got 0; .*warmup=null"),
    "checkpoints in the past": (["checkpoint.every=-1"], "checkpoint.every=-1"),
    "greedy samples": (["sampling.temperature=0"], "greedy"),
    "truncated samples": (["sampling.top_k=5"], "top_k=5 .*truncate"),
    "demonstrations that completions have no room for": (
        ["sampling.max_completion_tokens=5"],
        "has 6 tokens, more than sampling.max_completion_tokens=5",
    ),
    "a warm-up on data without answers": (["data.columns.answer=null"], "no target to imitate.*warm-up"),
    "adapter dropout": (["adapter.spec.dropout=0.1"], "dropout is 0.1; set it to 0"),
    "an unknown reference": (["adapter.reference=old"], "reference is 'old'; give start or base"),
    "a missing file": (["data.path=nowhere.jsonl"], "no file .*nowhere.jsonl"),
    "a missing checkpoint": (["model.checkpoint=nowhere"], "no checkpoint 'nowhere'"),
    "another architecture": (["model.checkpoint={folder}/llama"], "llama"),
    "cut off weights": (["model.checkpoint={folder}/cut_off"], "model.safetensors"),
    "a cut off GGUF": (["model.checkpoint={folder}/cut_off.gguf"], "cut_off.gguf"),
    "a column that is not there": (["data.columns.answer=result"], "no column result; it has question, answer"),
    "an empty data set": (["data.path={folder}/empty.jsonl"], "empty.jsonl.*nothing in it"),
    "a long prompt": (["prompts.max_prompt_tokens=8"], "tokens, more than max_prompt_tokens=8"),
    "more than the context": (["prompts.max_prompt_tokens=4095"], "do not fit in the 4096 positions"),
    "too few held-out problems": (["eval.plan.num_prompts=9"], "9 held-out problems are asked for"),
    "a reward of the wrong length": (["{too_few}"], "term 'too_few': returned 1 verdicts for 5 samples"),
    "a reward file that is not there": (
        ["+reward.terms.x={{weight: 1, function: 'no.py:x'}}"],
        "there is no file .*no.py",
    ),
    "no run to resume": (["resume={folder}"], "not a run folder"),
    "another run to resume": (["resume={finished}", "seed=1"], "seed was 0, is 1"),
}


def test_bad_input_is_one_line_and_exit_code_2_before_anything_is_trained(
    finished: Path,
    tiny: Tiny,
    run: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damaged = tmp_path / "damaged"
    make_damaged(tiny, damaged)
    names = {"folder": damaged, "finished": finished, "too_few": tiny.reward("too_few")}
    loads: list[str] = []
    load_model = jobs.parts.load_model
    monkeypatch.setattr(jobs.parts, "load_model", lambda path, **rest: loads.append(path) or load_model(path, **rest))
    for what, (arguments, expected) in BAD_INPUT.items():
        given = [argument.format(**names) for argument in arguments]
        assert run(train, *tiny.train(tmp_path / "runs", *given)) == 2, what
        error = capsys.readouterr().err
        assert re.fullmatch(rf"error: [^\n]*{expected}[^\n]*\n", error), f"{what}: {error}"
    assert [Path(path).name for path in loads] == ["cut_off"], "the network was loaded before cheaper checks"
    assert not (tmp_path / "runs").exists()


def make_damaged(tiny: Tiny, folder: Path) -> None:
    shutil.copytree(tiny.checkpoint, folder / "cut_off")
    weights = folder / "cut_off" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    shutil.copytree(tiny.checkpoint, folder / "llama")
    config = json.loads((folder / "llama" / "config.json").read_text())
    (folder / "llama" / "config.json").write_text(json.dumps({**config, "model_type": "llama"}))
    (folder / "cut_off.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    (folder / "empty.jsonl").write_text("")


def test_supervised_fine_tuning_alone_and_then_a_second_round_on_its_adapter(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    steps = ["plan.steps=2", "plan.examples_per_step=4", "eval.plan.samples_per_prompt=2", "tracker=none"]
    common = [*tiny.network(), *tiny.problems(), *steps, f"output_root={tmp_path}", "export.formats=[adapter]"]
    assert run(sft, *common) == 0
    first = only(tmp_path.iterdir())
    assert set(json.loads((first / "summary.json").read_text())["differences"]) == {"after SFT - base"}
    assert [row["step"] for row in rows(first / "metrics.jsonl") if "loss" in row] == [1, 2]
    adapter = first / "export" / "adapter"
    assert run(sft, *common, f"adapter.start_from={adapter}", "eval.base=false") == 0
    second = only(path for path in tmp_path.iterdir() if path != first)
    ours, theirs = (load_file(path / "export" / "adapter" / "adapter_model.safetensors") for path in (second, first))
    assert any(not torch.equal(ours[name], theirs[name]) for name in theirs)


def test_every_kind_of_checkpoint_can_be_evaluated_and_its_result_compared(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = [
        *tiny.problems(),
        *tiny.machine(),
        tiny.reward(),
        "eval.plan.samples_per_prompt=2",
        f"output_root={tmp_path}",
    ]
    before = f"against={finished / 'evaluations' / 'base.json'}"
    assert run(evaluate, *common, f"checkpoint={finished}", before, "run_name=a") == 0
    assert "difference" in capsys.readouterr().out
    assert run(evaluate, *common, f"checkpoint={finished / 'export' / 'adapter'}", "run_name=b") == 0
    assert run(evaluate, *common, f"checkpoint={tiny.checkpoint}", "run_name=c") == 0
    folders = sorted(path for path in tmp_path.iterdir())
    results = [json.loads((path / "evaluation.json").read_text()) for path in folders]
    for result, expected in zip(results, ("after_GRPO", "after_GRPO", "base"), strict=True):
        recorded = json.loads((finished / "evaluations" / f"{expected}.json").read_text())
        assert recorded.pop("step") in (0, sum(STEPS.values()))
        assert {key: result[key] for key in recorded} == recorded
    assert run(evaluate, *common, f"checkpoint={finished}", f"against={finished / 'env.json'}") == 2
    assert "env.json is no evaluation" in capsys.readouterr().err


def test_an_evaluation_of_other_problems_is_refused_before_anything_is_sampled_and_a_warning_says_why(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = [*tiny.problems(), *tiny.machine(), tiny.reward(), f"output_root={tmp_path}"]
    before = f"against={finished / 'evaluations' / 'base.json'}"
    other = ["data.held_out=9", "eval.plan.num_prompts=9"]
    assert run(evaluate, *common, f"checkpoint={finished / 'export' / 'adapter'}", before, *other) == 2
    output = capsys.readouterr()
    assert "only evaluations of the same problems can be compared" in output.err
    assert f"warning: {finished} was trained with another data.held_out, so" in output.out
    assert run(evaluate, *common, f"checkpoint={finished}", "eval.plan.correct_term=right") == 2
    assert "correct_term is 'right' and the reward's terms are correct, format, brevity" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_a_resumed_run_logs_the_evaluation_that_was_written_and_not_logged(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    folder = tmp_path / finished.name
    shutil.copytree(finished, folder)
    logged = rows(folder / "metrics.jsonl")
    kept = [row for row in logged if not (row["step"] == 3 and "eval/greedy" in row)]
    assert len(kept) == len(logged) - 1
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    assert run(train, *tiny.train(tmp_path, f"resume={folder}")) == 0
    key = lambda row: json.dumps(row, sort_keys=True)  # noqa: E731
    assert sorted(rows(folder / "metrics.jsonl"), key=key) == sorted(logged, key=key)
    report = (folder / "report.md").read_text()
    assert "brevity" in report
    assert "brevity" in (folder / "export" / "adapter" / "README.md").read_text()


def test_the_rollouts_of_a_run_can_be_scored_again(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    own = [f"columns.{name}={name}" for name in ("task", "language", "finish_reason", "num_tokens")]
    source, target = finished / "rollouts.jsonl", tmp_path / "again.jsonl"
    assert run(score, f"input={source}", f"output={target}", *own, tiny.reward()) == 0
    assert [row["reward"] for row in rows(target)] == [row["reward"] for row in rows(source)]
    assert {row["answer"] for row in rows(source)} <= {str(3 * i) for i in range(40)}


def test_a_run_exports_again_what_it_exported_at_its_end(
    finished: Path, tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(export, f"checkpoint={finished}", f"output={tmp_path / 'again'}") == 0
    for name in ("adapter/adapter_model.safetensors", "merged/model.safetensors", "tiny.gguf"):
        assert (tmp_path / "again" / name).read_bytes() == (finished / "export" / name).read_bytes()
    adapter = f"checkpoint={finished / 'export' / 'adapter'}"
    assert run(export, adapter, f"output={tmp_path / 'third'}", "formats=[merged]", "name=third") == 0
    merged = [load_file(path / "merged" / "model.safetensors") for path in (tmp_path / "third", finished / "export")]
    assert all(torch.equal(merged[0][name], merged[1][name]) for name in merged[1])
    capsys.readouterr()
    assert run(export, f"checkpoint={tiny.checkpoint}") == 2
    assert "neither a run's folder nor an adapter folder" in capsys.readouterr().err


def test_runs_are_merged_on_their_products_and_the_result_opens(
    tiny: Tiny, finished: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run merged with itself is itself, and half of the way from the bare base is half of its update."""
    merged = tmp_path / "merged"
    arguments = [f"adapters=[{finished},{finished / 'export' / 'adapter'}]", f"output={merged}", "share=0.5"]
    assert run(merge, *arguments, f"base={tiny.checkpoint}") == 0
    assert "0.00% of the update left out" in capsys.readouterr().out
    ours, theirs = (read_delta(*read_adapter(folder, TINY)) for folder in (merged, finished / "export" / "adapter"))
    for name, factors in theirs.items():
        torch.testing.assert_close(ours[name].dense(), factors.dense() / 2, rtol=1e-4, atol=1e-6)
    assert open_checkpoint(str(merged), base=str(tiny.checkpoint)).roles is not None
    assert run(merge, "adapters=[]", f"output={merged}") == 2
    assert "adapters=[a, b]" in capsys.readouterr().err
    assert run(merge, f"adapters=[{tiny.folder}]", f"output={merged}") == 2
    assert "is no adapter" in capsys.readouterr().err


def test_streamed_tokens_are_the_sampled_ones(tiny: Tiny) -> None:
    opened = open_checkpoint(str(tiny.checkpoint))
    sampler = NativeSampler(opened.model, opened.tokenizer)
    prompt = Prompt(id="x", messages=(), token_ids=tuple(opened.tokenizer.encode("What is", add_bos=True)))
    params = SamplingParams(max_completion_tokens=12, top_k=20)
    (group,) = sampler.sample([prompt], 1, params, seed=3)
    assert tuple(sampler.stream(prompt, params, seed=3)) == group.completions[0].token_ids


def test_a_chat_keeps_its_turns_forgets_on_demand_and_reads_a_pipe(
    finished: Path,
    tiny: Tiny,
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[int] = []
    stream = NativeSampler.stream

    def recording(self: NativeSampler, prompt: Prompt, params: SamplingParams, *, seed: int) -> Any:
        asked.append(len(prompt.token_ids))
        return stream(self, prompt, params, seed=seed)

    monkeypatch.setattr(NativeSampler, "stream", recording)
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hi\n\nHi\n/reset\nHi\n/nonsense\n/quit\nHi\n"))
    assert run(chat, f"checkpoint={finished}", "threads=1", "max_tokens=8", "temperature=0") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(asked) == 3
    assert asked[1] > asked[0] == asked[2]
    assert "(forgotten)" in lines
    assert "(no command /nonsense; there are /reset and /quit)" in lines
    texts = []
    for checkpoint in (finished, finished / "export" / "merged", finished / "export" / "adapter"):
        assert run(chat, f"checkpoint={checkpoint}", "threads=1", "max_tokens=8", "temperature=0", "prompt=Hi") == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] == texts[2]
    assert texts[0].strip()
    assert run(chat, f"checkpoint={finished / 'export' / 'tiny.gguf'}", "threads=1", "max_tokens=8", "prompt=Hi") == 0
    gguf = capsys.readouterr()
    assert gguf.out.strip()
    assert not gguf.err
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hi " * 3000 + "\nHi\n"))
    assert run(chat, f"checkpoint={finished}", "threads=1", "max_tokens=8", "temperature=0") == 0
    too_long, answer = capsys.readouterr().out.splitlines()[:2]
    assert "does not fit" in too_long
    assert answer == lines[0]


def test_a_base_model_is_not_taken_for_a_chat_model(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny.checkpoint, base)
    (base / "chat_template.jinja").unlink()
    config = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in config.items() if k != "chat_template"}))
    single = ["threads=1", "max_tokens=4", "prompt=What is"]
    assert run(chat, f"checkpoint={base}", *single) == 0
    assert "is a base model: it was never trained on chat turns" in capsys.readouterr().err
    assert run(chat, f"checkpoint={base}", *single, "turns=true") == 0
    assert capsys.readouterr().err == ""


def test_scoring_a_file_gives_every_term_and_loads_no_torch(tiny: Tiny, tmp_path: Path) -> None:
    source = tmp_path / "completions.jsonl"
    given = [
        {"q": "2 + 3 =", "text": "\\boxed{5}", "gold": "5", "n": 1},
        {"q": "2 + 3 =", "text": "\\boxed{6}", "gold": "5", "n": 2},
        {"q": "2 + 4 =", "text": "six", "gold": "6", "n": 3},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in given))
    rewards = tmp_path / "r.py"
    rewards.write_text("def picky(sample):\n    return 1 / (len(sample.completion) - 3)\n")
    arguments = [
        *(f"input={source}", f"output={tmp_path / 'scored.jsonl'}"),
        "columns={prompt: q, completion: text, answer: gold, task: null, language: null}",
        f"+reward.terms.picky={{weight: 0, function: '{rewards}:picky'}}",
    ]
    program = "import sys; from jobs.score import main; main(); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    scored = rows(tmp_path / "scored.jsonl")
    assert [row["n"] for row in scored] == [1, 2, 3]
    assert [row["reward"] for row in scored] == pytest.approx([1.1, 0.1, 0.0])
    assert scored[2]["terms"]["picky"] == {
        "value": None,
        "state": "failed",
        "reason": "ZeroDivisionError: division by zero",
    }
    *table, last = done.stdout.splitlines()
    assert last == "False"
    assert re.search(r"correct +0\.3333 +100\.0%", done.stdout)
    assert re.search(r"picky +0\.1667 +66\.7% +1", done.stdout)
    assert any(line.startswith("1 x picky: ZeroDivisionError") for line in table)


def test_a_file_that_cannot_be_scored_is_one_error_that_names_the_line(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "completions.jsonl"
    source.write_text('{"prompt": "2", "completion": "2", "answer": "2"}\n{"prompt": "2", "completion": "2"}\n')
    for arguments, expected in {
        (f"input={source}",): "line 2 has no column answer; it has prompt, completion",
        (f"input={source}", "columns.answer=null", "columns.completion=null"): "columns names no completion",
        (f"input={source}", f"output={source}"): "output is the input",
        (f"input={tmp_path / 'nowhere'}",): "no file",
        (): "input has no value",
    }.items():
        assert run(score, *arguments) == 2
        assert re.fullmatch(rf"error: [^\n]*{expected}[^\n]*\n", capsys.readouterr().err)
    assert [path.name for path in tmp_path.iterdir()] == ["completions.jsonl"]


def test_rollouts_shows_the_last_step_by_default(
    finished: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(rollouts, f"run={finished}", "count=1") == 0
    output = capsys.readouterr().out
    assert output.startswith("step 7: 16 rollouts, 0 without a reward")
    best, worst = (float(value) for value in re.findall(r"reward (-?[\d.]+), advantage", output))
    assert best > worst
    assert run(rollouts, f"run={finished}", "step=1") == 2
    assert "no rollouts of step 1; it has 4 to 7" in capsys.readouterr().err


def test_every_benchmark_prints_one_line_of_json(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = [
        "experiment=tiny",
        *tiny.network(),
        *tiny.problems(),
        f"output_root={tmp_path}",
        "runs=2",
        "prefix_tokens=24",
    ]
    what = "what=load,sampling,logprobs,step,update,shared_prefix"
    assert run(bench, "-m", what, *common, "runs=2", "prefix_tokens=24") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["what"] for line in lines] == ["load", "sampling", "logprobs", "step", "update", "shared_prefix"]
    figures = ("network_s", "share_of_limit", "forward_backward_s", "time/update_s", "share_of_ideal", "speedup")
    for line, metric in zip(lines, figures, strict=True):
        measured = line["metrics"][metric]
        assert 0 < measured["min"] <= measured["median"] <= measured["max"]
        assert line["threads"] == 1
        assert line["config"]["model"]["checkpoint"] == str(tiny.checkpoint)


@pytest.mark.slow
def test_the_memory_of_ppo_with_a_reward_model_is_measured_beside_grpo(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three processes of their own; the numbers say nothing of a tiny network, where the libraries take the memory."""
    output = tmp_path / "memory.json"
    common = ["experiment=tiny", *tiny.network(), *tiny.problems(), f"output={output}", "runs=1"]
    assert run(bench, "memory", *common) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(output.read_text()) == (report := json.loads(line))
    assert list(report["peak_gb"]) == ["grpo", "ppo", "ppo_with_reward_model"]
    assert report["ratio"]["ppo"] == report["peak_gb"]["ppo"] / report["peak_gb"]["grpo"]
    assert all(0.1 < peak < 4 for peak in report["peak_gb"].values())
    assert report["config"]["plan"]["minibatches"] == 1


@pytest.mark.parametrize(
    "job",
    [train, sft, evaluate, export, merge, score, chat, rollouts, bench, distill, reward_model, dpo, bond, compare],
)
def test_every_job_explains_itself(job: Any, run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(job, "--help") == 0
    assert f"python -m {job.__name__}" in capsys.readouterr().out
