"""Any checkpoint as a network that speaks: a base, a Hugging Face folder, a .gguf, an adapter on its base, a run.

Nothing here builds objects from configuration. Of a run's folder, which one of our own runs wrote, only plain values
are read (the base's path, the dtype, names); of everything else only tensors and the formats' own config files.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.base_mark import check_state
from model.doors import check_adapter
from model.gguf import read_gguf
from model.hf import ADAPTER_CONFIG
from model.load import KNOWN_NAMES, load_model, load_tokenizer, parse_dtype, read_mark, resolve_checkpoint
from model.lora import AdapterRoles, LoraSpec
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.checkpoint import CheckpointStore
from rlhf.errors import ConfigError
from rlhf.policy import POLICY
from rlhf.run_directory import RunDirectory


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A checkpoint in memory; its adapter, if it has one, is active."""

    model: Gemma3ForCausalLM
    tokenizer: Tokenizer
    roles: AdapterRoles | None
    base: str
    """Name or path of the network that was loaded."""
    chats: bool
    """Whether it was trained on chat turns."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run's folder says of its latest checkpoint."""

    directory: RunDirectory
    config: dict[str, Any]
    done: dict[str, int]
    spec: LoraSpec
    policy: dict[str, dict[str, torch.Tensor]]
    """Role to its tensors, and the mark of their base."""

    @classmethod
    def read(cls, path: Path) -> Run:
        """The latest checkpoint that can be read; damaged ones are named on standard error.

        Raises:
            ResumeError: if there is none.
        """
        directory = RunDirectory.open(path)
        config = recorded(path)
        store = CheckpointStore(directory.checkpoints, run=directory.config_hash)
        state = store.load(lambda message: print(message, file=sys.stderr))
        return cls(directory, config, state["done"], LoraSpec(**state["lora"]), state["policy"])


def is_run(path: Path) -> bool:
    """Whether this is a run's folder: unlike a Hugging Face folder it has a config.yaml beside its config.json."""
    return (path / "config.json").is_file() and (path / "config.yaml").is_file()


def is_adapter(path: Path) -> bool:
    return (path / ADAPTER_CONFIG).is_file()


def open_checkpoint(
    checkpoint: str, *, base: str | None = None, dtype: str | None = None, device: str | torch.device = "cpu"
) -> Opened:
    """The checkpoint in evaluation mode.

    Args:
        base: of an adapter or run, instead of the one that it names.
        dtype: by default that of the run, and float32 for everything else: a merged checkpoint's update may be smaller
            than bfloat16 can hold.
    Raises:
        CheckpointFormatError: if it, or the adapter's base, is not there or damaged, or the base is not the one that
            the adapter was trained on.
        ConfigError: if a base is given for something that needs none.
    """
    path, network = Path(checkpoint).expanduser(), network_of(checkpoint, base)
    run = check_belongs(checkpoint, network)
    named = dtype or (run.config["model"]["dtype"] if run else "float32")
    model = load_model(network, dtype=parse_dtype(named), device=device)
    roles = AdapterRoles(model) if run or is_adapter(path) else None
    if roles is not None:
        if run:
            roles.add(POLICY, run.spec, seed=0)
            roles.load_state_dict(POLICY, run.policy[POLICY])
        else:
            roles.load(POLICY, path)
        roles.activate(POLICY)
    return Opened(
        model=model,
        tokenizer=load_tokenizer(network),
        roles=roles,
        base=network,
        chats=roles is not None or _has_chat_template(network),
    )


def network_of(checkpoint: str, base: str | None) -> str:
    """Name or path of the network that a checkpoint is, or is an adapter or a run of.

    Args:
        base: of an adapter or run, instead of the one that it names.
    Raises:
        ConfigError: if a base is given for something that needs none, or an adapter's is not on this machine.
    """
    path = Path(checkpoint).expanduser()
    if is_run(path):
        return base or recorded(path)["model"]["checkpoint"]
    if is_adapter(path):
        return base or base_of(path)
    if base:
        raise ConfigError(f"{checkpoint} is no adapter and no run, so it needs no base={base}; leave it out")
    return checkpoint


def check_belongs(checkpoint: str, network: str) -> Run | None:
    """Refuse an adapter or run that does not belong to this network, before that is loaded; a run comes back read.

    Raises:
        CheckpointFormatError: naming the checkpoint.
    """
    path = Path(checkpoint).expanduser()
    if is_run(path):
        run = Run.read(path)
        check_state(f"run {path} (of {run.config['model']['checkpoint']})", run.policy, read_mark(network))
        return run
    if is_adapter(path):
        check_adapter(path, network)
    return None


def recorded(run: Path) -> dict[str, Any]:
    """The configuration that a run's folder holds."""
    return json.loads((run / "config.json").read_text(encoding="utf-8"))["config"]


def base_of(adapter: Path) -> str:
    """Name or path of the network that an adapter folder says it belongs to.

    Raises:
        ConfigError: if that is not on this machine.
    """
    named = str(json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path"))
    if Path(named).expanduser().exists():
        return named
    if Path(named).name in KNOWN_NAMES:
        return Path(named).name
    raise ConfigError(f"the adapter {adapter} belongs to {named}, which is not here; give base=<its folder or .gguf>")


def _has_chat_template(checkpoint: str) -> bool:
    """Whether the files hold a chat template: those of base models do not."""
    path = resolve_checkpoint(checkpoint)
    if path.is_file():
        return "tokenizer.chat_template" in read_gguf(path).metadata
    config = path / "tokenizer_config.json"
    return (path / "chat_template.jinja").is_file() or (
        config.is_file() and "chat_template" in json.loads(config.read_text(encoding="utf-8"))
    )
