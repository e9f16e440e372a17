"""The README.md and NOTICE of an exported model: what it is, how it was made, and under which terms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

GEMMA_NOTICE = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
"""The terms ask for this very sentence in a NOTICE file beside the weights."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """What a card says that the files do not show; every text is Markdown."""

    name: str
    """Of the new model, for people and for the .gguf file."""
    data: str
    """What it was trained on, and under which license."""
    training: str
    """How: stages, steps, rewards."""
    results: str
    """A table, with the base model in it."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Name to hash of whatever the weights were made from: base weights, data, config, code."""


_USAGE = {
    "peft": """\
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained({base_name})
model = PeftModel.from_pretrained(base, "PATH/TO/THIS/FOLDER")
""",
    "transformers": """\
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH/TO/THIS/FOLDER")
model = AutoModelForCausalLM.from_pretrained("PATH/TO/THIS/FOLDER")
chat = [{{"role": "user", "content": "What is 17 + 25?"}}]
inputs = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0]))
""",
}


def write_card(
    folder: Path, facts: CardFacts, *, base_name: str, library: Literal["peft", "transformers"], merge: str = ""
) -> None:
    """Writes README.md, with the header that the hub reads, and NOTICE into an exported folder.

    Args:
        base_name: the base's name on the hub.
        library: what loads the folder.
        merge: what merging cost, if there was a merge.
    """
    name = json.dumps(base_name)
    rows = [f"| {source} | `{digest}` |" for source, digest in facts.sources.items()] or ["| not recorded | |"]
    merged = f"\n\nThe adapter was merged in float32 and rounded once: {merge}." if merge else ""
    ending = "It speaks Gemma's chat format and ends its turns with `<end_of_turn>` (id 106)."
    sections = {
        "Results": facts.results,
        "Use": f"```python\n{_USAGE[library].format(base_name=name)}```\n\n{ending}",
        "Training": facts.training + merged,
        "Data": facts.data,
        "Made from": "\n".join(["| source | hash |", "|---|---|", *rows]),
        "Terms": f"{GEMMA_NOTICE}.",
    }
    header = f"---\nbase_model: {name}\nlibrary_name: {library}\nlicense: gemma\npipeline_tag: text-generation\n---\n"
    intro = f"# {facts.name}\n\nA fine-tuned version of {base_name}: training modified its weights.\n"
    body = "\n".join(f"## {title}\n\n{text}\n" for title, text in sections.items())
    (folder / "README.md").write_text(f"{header}\n{intro}\n{body}", encoding="utf-8")
    (folder / "NOTICE").write_text(GEMMA_NOTICE + "\n", encoding="utf-8")
