"""What other packages do with the network, for `beside`: each in its own environment, in a process of its own.

    python -P network_peers.py trl_step SETTINGS.json       one JSON line at the end

Settings: model (a Hugging Face folder, or a GGUF), dtype, threads, runs, prompts (texts that begin behind the BOS),
prompt_ids, group_size, max_tokens, rank, alpha, kl. Nothing here may import this project.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        settings = json.load(file)
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    result = {"trl_step": trl_step, "transformers_sampling": transformers_sampling, "llama_cpp_sampling": llama_cpp}[
        sys.argv[1]
    ](settings)
    peak = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert peak is not None  # not getrusage: its figure starts from the parent's
    result["peak_gb"] = int(peak[1]) * 1024 / 1e9
    print(json.dumps(result))


def spread(sample: Any) -> float:
    """A reward that differs between completions, whatever they say."""
    return _spread(sample.completion)


def _spread(text: str) -> float:
    return zlib.crc32(text.encode()) % 97 / 97


def trl_step(settings: dict[str, Any]) -> dict[str, Any]:
    """Seconds of TRL's GRPO steps by stage; completions are forced to their full length."""
    torch = _torch(settings)
    datasets, peft, transformers, trl = map(importlib.import_module, ("datasets", "peft", "transformers", "trl"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(settings["model"])
    model = transformers.AutoModelForCausalLM.from_pretrained(
        settings["model"], dtype=getattr(torch, settings["dtype"])
    )
    num_prompts, group_size, max_tokens = len(settings["prompts"]), settings["group_size"], settings["max_tokens"]
    trainer = trl.GRPOTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [_spread(text) for text in completions],
        args=trl.GRPOConfig(
            output_dir=settings["scratch"],
            per_device_train_batch_size=num_prompts * group_size,
            num_generations=group_size,
            max_completion_length=max_tokens,
            beta=settings["kl"],
            max_steps=settings["runs"],
            learning_rate=1e-5,
            temperature=1.0,
            gradient_checkpointing=False,
            shuffle_dataset=False,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            generation_kwargs={"min_new_tokens": max_tokens},
        ),
        train_dataset=datasets.Dataset.from_list([{"prompt": text} for text in settings["prompts"]] * settings["runs"]),
        processing_class=tokenizer,
        peft_config=peft.LoraConfig(
            r=settings["rank"], lora_alpha=settings["alpha"], target_modules=TARGETS, task_type="CAUSAL_LM"
        ),
    )
    times, rows, lengths = dict[str, float](), list[dict[str, float]](), list[Any]()

    def timed(owner: Any, name: str, stage: Callable[[], str]) -> None:
        call = getattr(owner, name)

        def measured(*given: Any, **named: Any) -> Any:
            start, where = time.perf_counter(), stage()
            answer = call(*given, **named)
            times[where] = times.get(where, 0.0) + time.perf_counter() - start
            if name == "_generate_single_turn":
                lengths.append(([len(prompt) for prompt in given[0]], [len(ids) for ids in answer[0]]))
            return answer

        setattr(owner, name, measured)

    timed(trainer, "_generate_single_turn", lambda: "sample_s")
    timed(
        trainer,
        "_get_per_token_logps_and_entropies",
        lambda: "forward_s" if torch.is_grad_enabled() else "reference_s",
    )
    timed(trainer.accelerator, "backward", lambda: "backward_s")

    class Clock(transformers.TrainerCallback):
        began = 0.0

        def on_step_end(self, *_: Any, **__: Any) -> None:
            now = time.perf_counter()
            rows.append({"step_s": now - self.began, **times})
            times.clear()
            self.began = time.perf_counter()

    clock = Clock()
    trainer.add_callback(clock)
    clock.began = time.perf_counter()
    trainer.train()
    prompt_lengths, completion_lengths = lengths[0]
    wanted = [len(ids) for ids in settings["prompt_ids"] for _ in range(group_size)]
    if sorted(prompt_lengths) != sorted(wanted) and sorted(set(prompt_lengths)) != sorted(set(wanted)):
        raise SystemExit(f"TRL's prompts have {sorted(set(prompt_lengths))} tokens, ours {sorted(set(wanted))}")
    if set(completion_lengths) != {max_tokens}:
        raise SystemExit(f"TRL's completions have {sorted(set(completion_lengths))} tokens, not {max_tokens}")
    return {"runs": rows, "versions": _versions("trl", "transformers", "peft", "torch")}


def transformers_sampling(settings: dict[str, Any]) -> dict[str, Any]:
    """Tokens per second of `generate` on the whole batch of prompts, each in as many rows as its group has members."""
    torch = _torch(settings)
    library = importlib.import_module("transformers")
    model = library.AutoModelForCausalLM.from_pretrained(settings["model"], dtype=getattr(torch, settings["dtype"]))
    rows = [ids for ids in settings["prompt_ids"] for _ in range(settings["group_size"])]
    longest = max(map(len, rows))
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    length = {"max_new_tokens": settings["max_tokens"], "min_new_tokens": settings["max_tokens"]}

    def generate() -> float:
        start = time.perf_counter()
        done = model.generate(ids, attention_mask=mask, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, **length)
        assert done.shape[1] == longest + settings["max_tokens"]
        return len(rows) * settings["max_tokens"] / (time.perf_counter() - start)

    speeds = [generate() for _ in range(settings["runs"])]
    return {"runs": [{"tokens_per_s": speed} for speed in speeds], "versions": _versions("transformers", "torch")}


def llama_cpp(settings: dict[str, Any]) -> dict[str, Any]:
    """Tokens per second of llama.cpp's batched decoding in this process, built for this machine's CPU.

    It pays for no sampling: the next tokens are random ones. Every prompt is read once and shared by its group.
    `tokens_per_s` counts from the prompts on, `decode_tokens_per_s` the steps alone.
    """
    lib = importlib.import_module("llama_cpp.llama_cpp")
    silent = lib.llama_log_callback(lambda *_: None)
    lib.llama_log_set(silent, None)
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(settings["model"].encode(), lib.llama_model_default_params())
    prompts, group_size, max_tokens = settings["prompt_ids"], settings["group_size"], settings["max_tokens"]
    num_rows, longest = len(prompts) * group_size, max(map(len, prompts))
    params = lib.llama_context_default_params()
    params.n_ctx = num_rows * (longest + max_tokens)
    params.n_seq_max, params.kv_unified = num_rows, True
    params.n_batch = params.n_ubatch = max(512, longest)
    params.n_threads = params.n_threads_batch = settings["threads"]
    context = lib.llama_init_from_model(model, params)
    memory = lib.llama_get_memory(context)
    batch = lib.llama_batch_init(max(longest, num_rows), 0, 1)
    random = Random(0)

    def decode(tokens: list[tuple[int, int, int, bool]]) -> None:
        batch.n_tokens = len(tokens)
        for place, (token, position, row, wants_logits) in enumerate(tokens):
            batch.token[place], batch.pos[place], batch.logits[place] = token, position, wants_logits
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, row
        if status := lib.llama_decode(context, batch):
            raise SystemExit(f"llama_decode returned {status}")
        lib.llama_synchronize(context)

    def generate() -> dict[str, float]:
        lib.llama_memory_clear(memory, True)
        start = time.perf_counter()
        for group, ids in enumerate(prompts):
            first = group * group_size
            decode([(token, place, first, place + 1 == len(ids)) for place, token in enumerate(ids)])
            for row in range(first + 1, first + group_size):
                lib.llama_memory_seq_cp(memory, first, row, 0, -1)
        read = time.perf_counter()
        lengths = [len(ids) for ids in prompts for _ in range(group_size)]
        for step in range(max_tokens):
            decode([(random.randrange(1000, 200000), length + step, row, True) for row, length in enumerate(lengths)])
        end, count = time.perf_counter(), num_rows * max_tokens
        return {"tokens_per_s": count / (end - start), "decode_tokens_per_s": count / (end - read)}

    runs = [generate() for _ in range(settings["runs"])]
    return {"runs": runs, "versions": _versions("llama-cpp-python"), "system": lib.llama_print_system_info().decode()}


def _torch(settings: dict[str, Any]) -> Any:
    torch = importlib.import_module("torch")
    torch.set_num_threads(settings["threads"])
    return torch


def _versions(*packages: str) -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in packages}


if __name__ == "__main__":
    main()
