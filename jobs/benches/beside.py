"""A peer beside us on the same work: the same weights, prompts, lengths and adapters, in the same run.

Ours runs in fresh processes before and after the peer's, so that memory is each one's own and a change in the machine's
speed shows. Peers live in environments of their own, made at the first run, and get the network as files that the
export wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from jobs.benches.graders import Spec, Unavailable, environment
from jobs.launch import plain
from jobs.parts import build_model, build_policy, build_prompts, build_runtime, build_tokenizer
from model.card import CardFacts
from model.export import export_checkpoint
from model.tokenizer import Tokenizer
from rlhf.errors import ConfigError
from rlhf.policy import POLICY
from rlhf.run_directory import write_json

_SCRIPT = Path(__file__).with_name("network_peers.py")
_PEER_LIMIT_S = 7200.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """Which function of `network_peers` measures it, what it needs, and which of our figures it is compared with."""

    function: str
    what: str
    packages: tuple[str, ...]
    is_gguf: bool = False
    ours: Mapping[str, str]
    """Our metric, by the peer's."""
    more_is_better: bool = False


def _torch_stack() -> tuple[str, ...]:
    return f"torch=={version('torch').partition('+')[0]}", "transformers==5.23.0", "peft==0.21.2", "accelerate"


PEERS = {
    "trl": Peer(
        function="trl_step",
        what="step",
        packages=("trl==1.16.0", *_torch_stack()),
        ours={"step_s": "time/step_s", "sample_s": "time/sample_s"},
    ),
    "transformers": Peer(
        function="transformers_sampling",
        what="sampling",
        packages=_torch_stack(),
        ours={"tokens_per_s": "tokens_per_s"},
        more_is_better=True,
    ),
    "llama_cpp": Peer(
        function="llama_cpp_sampling",
        what="sampling",
        packages=("llama-cpp-python==0.3.36",),  # compiled here, for this CPU
        is_gguf=True,
        # the second is the harder comparison: our prompts and sampling count, its prompts do not
        ours={"tokens_per_s": "tokens_per_s", "decode_tokens_per_s": "tokens_per_s"},
        more_is_better=True,
    ),
}


def compare(config: DictConfig) -> None:
    """Measures both sides and prints one JSON line: each side's figures, and the ratios (above 1: ours is better).

    Raises:
        ConfigError: for an unknown peer, or one that does not do what is measured.
        Unavailable: when the peer cannot be installed or does not finish.
    """
    peer = PEERS.get(config.peer)
    if peer is None or peer.what != config.what:
        named = ", ".join(f"{name} (what={one.what})" for name, one in PEERS.items())
        raise ConfigError(f"peer is {config.peer!r} and what is {config.what!r}; give one of {named}")
    root = Path(config.environments).expanduser()
    overrides = [*HydraConfig.get().overrides.task, "full_length=true"]
    spec = Spec(name=config.peer, factory=peer.function, packages=peer.packages)
    python = environment(spec, root)
    settings = {**_work(config, root / "weights", is_gguf=peer.is_gguf), "runs": config.peer_runs}
    before = _ours(overrides)
    theirs = _theirs(python, peer.function, settings)
    after = _ours(overrides)
    report = {
        "what": config.what,
        "peer": config.peer,
        **{name: after[name] for name in ("timestamp", "commit", "dirty", "device", "threads")},
        "ours": {"before": before["metrics"], "after": after["metrics"], "peak_gb": after["peak_gb"]},
        "theirs": theirs,
        "peer_dtype": settings["dtype"],
        "ratio": _ratios(peer, [before, after], theirs),
        "config_hash": after["config_hash"],
        "config": after["config"],
    }
    if config.output:
        write_json(Path(config.output).expanduser(), report)
    print(json.dumps(report))


def _ratios(peer: Peer, ours: Sequence[dict[str, Any]], theirs: dict[str, Any]) -> dict[str, float]:
    """How many times better ours is: our median of both processes against the peer's best run."""
    ratios = dict[str, float]()
    for their_name, our_name in peer.ours.items():
        mine = median(one["metrics"][our_name]["median"] for one in ours)
        runs = [run[their_name] for run in theirs["runs"]]
        ratios[their_name] = mine / max(runs) if peer.more_is_better else min(runs) / mine
    return {**ratios, "peak_gb": theirs["peak_gb"] / max(one["peak_gb"] for one in ours)}


def _work(config: DictConfig, folder: Path, *, is_gguf: bool) -> dict[str, Any]:
    """What the peer is told: weights, prompts, lengths and adapter."""
    tokenizer = build_tokenizer(config)
    prompts = build_prompts(config, tokenizer).take(config.plan.prompts_per_step)
    kl = plain(config)["loss"].get("kl")
    return {
        "model": str(_weights(config, folder, tokenizer, is_gguf=is_gguf)),
        "dtype": config.peer_dtype or config.model.dtype,
        "threads": torch.get_num_threads(),
        "prompts": [tokenizer.decode(prompt.token_ids[1:], skip_special=False) for prompt in prompts],
        "prompt_ids": [list(prompt.token_ids) for prompt in prompts],
        "group_size": config.plan.group_size,
        "max_tokens": config.sampling.max_completion_tokens,
        "rank": config.adapter.spec.rank,
        "alpha": config.adapter.spec.alpha,
        "kl": kl["coef"] if kl else 0.0,
    }


def _weights(config: DictConfig, folder: Path, tokenizer: Tokenizer, *, is_gguf: bool) -> Path:
    """The network as a peer reads it, written at the first run: a float32 folder, or a bfloat16 GGUF."""
    key = hashlib.sha256(json.dumps(plain(config)["model"], sort_keys=True).encode()).hexdigest()[:12]
    target = folder / key
    wanted = target / ("network.gguf" if is_gguf else "merged")
    if not wanted.exists():
        policy = build_policy(config, build_model(config, build_runtime(config)))
        export_checkpoint(
            policy.model,
            policy.roles,
            POLICY,
            tokenizer,
            target,
            base_name=config.model.base_name,
            card=CardFacts(name="network", data="None.", training="None: the base, for a benchmark.", results=""),
            formats=("gguf",) if is_gguf else ("merged",),
            merged_dtype=torch.float32,
        )
    return wanted


def _ours(overrides: Sequence[str]) -> dict[str, Any]:
    """The same bench without a peer, in a fresh process."""
    own = [word for word in overrides if not word.startswith(("peer", "output=", "environments="))]
    command = [sys.executable, "-m", "jobs.bench", *own]
    return last_json(command, dict(os.environ), "our own bench")


def _theirs(python: Path, function: str, settings: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "settings.json"
        file.write_text(json.dumps({**settings, "scratch": scratch}))
        threads = str(settings["threads"])
        env = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        env.pop("PYTHONPATH", None)
        return last_json([str(python), "-P", str(_SCRIPT), function, str(file)], env, "the peer")


def last_json(command: Sequence[str], env: Mapping[str, str], who: str) -> dict[str, Any]:
    """What a program said in its last line."""
    try:
        done = subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=_PEER_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{who} did not finish within {_PEER_LIMIT_S:g} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1][:300]
        raise Unavailable(f"{who} ended with code {done.returncode}: {said}")
    return json.loads(lines[-1])
