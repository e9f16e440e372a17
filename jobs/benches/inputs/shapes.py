"""Completions that keep a form, and that miss it: thinking tags, boxes, JSON, calls, instructions, repetition."""

from __future__ import annotations

import json
from random import Random

from jobs.benches.inputs.answers import school
from jobs.benches.inputs.rows import Row, row


def tags(rng: Random) -> Row:
    """A thinking section and an answer; where the label is 0, the section is not there, not closed, or there twice."""
    thought = school(rng)["completion"]
    shapes = {
        "right": "<think>\n{}\n</think>\n<answer>{}</answer>",
        "no section": "{}\n<answer>{}</answer>",
        "not closed": "<think>\n{}\n<answer>{}</answer>",
        "twice": "<think>\n{}\n</think><think>again</think>\n<answer>{}</answer>",
        "text before": "Well. <think>\n{}\n</think>\n<answer>{}</answer>",
        "nothing in it": "<think></think>\n<!-- {} --><answer>{}</answer>",
    }
    kind = "right" if rng.random() < 0.5 else rng.choice([name for name in shapes if name != "right"])
    number = rng.randint(1, 10**6)
    text = (
        f"<think></think>\n<answer>{number}</answer>"
        if kind == "nothing in it"
        else shapes[kind].format(thought, number)
    )
    return row(text, int(kind == "right"), kind)


def repetition(rng: Random) -> Row:
    """Ordinary prose, or one of its sentences again and again."""
    text = school(rng)["completion"]
    sentences = text.split(". ")
    loops = rng.random() < 0.5
    text = (sentences[rng.randrange(3)] + f" {rng.randint(1, 999)}. ") * rng.randint(8, 14) if loops else text
    return row(text, int(not loops), "loops" if loops else "ordinary")


OVERLONG = {"max_tokens": 1000, "buffer_tokens": 200}


def overlong(rng: Random) -> Row:
    """A completion of some length; where the label is 0, it is more than half-way through the buffer."""
    num_tokens = rng.randint(1, 1300)
    text = f"{school(rng)['completion']} ({num_tokens} tokens)"
    return row(text, int(num_tokens <= 900), "in time" if num_tokens <= 900 else "overlong", num_tokens=num_tokens)


def boxed(rng: Random) -> Row:
    """A completion that ends in one box, or in none, two, or an open one."""
    endings = {"right": "\\boxed{%d}.", "none": "%d.", "open": "\\boxed{%d", "text after": "\\boxed{%d} I think"}
    kind = "right" if rng.random() < 0.5 else rng.choice(("none", "open", "text after"))
    story = school(rng)["completion"].rpartition("\n")[0]
    return row(f"{story}\n{endings[kind] % rng.randint(1, 10**6)}", int(kind == "right"), kind)


SCHEMA = {
    "type": "object",
    "required": ["name", "items", "total"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "total": {"type": "integer"},
    },
}


def json_object(rng: Random) -> Row:
    """A JSON object that fits `SCHEMA`; where the label is 0, a trailing comma, a name twice, or a wrong type."""
    items = [rng.randint(0, 999) for _ in range(rng.randint(3, 12))]
    text = json.dumps({"name": f"order {rng.randint(1, 99999)}", "items": items, "total": sum(items)}, indent=1)
    broken = {
        "right": text,
        "trailing comma": text[:-1].rstrip() + ",}",
        "a name twice": text[:-1].rstrip() + ', "total": 1}',
        "wrong type": text.replace(f'"total": {sum(items)}', f'"total": "{sum(items)}"'),
    }
    kind = "right" if rng.random() < 0.5 else rng.choice([name for name in broken if name != "right"])
    return row(broken[kind], int(kind == "right"), kind, reference={"schema": SCHEMA})


def calls(rng: Random) -> Row:
    """A tool call as asked for; where the label is 0, with another argument, or twice."""
    gold = {
        "name": "weather",
        "arguments": {"city": rng.choice(("Rome", "Oslo", "Lima")), "days": rng.randint(1, 9999)},
    }
    other = {"name": "weather", "arguments": {**gold["arguments"], "days": gold["arguments"]["days"] + 1}}
    made = {"right": [gold], "another argument": [other], "twice": [gold, gold]}
    kind = "right" if rng.random() < 0.5 else rng.choice(("another argument", "twice"))
    text = "I look it up.\n" + "\n".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in made[kind])
    return row(text, int(kind == "right"), kind, reference={"calls": [gold]})


INSTRUCTIONS = {
    "length_constraints:number_words": {"relation": "at least", "num_words": 40},
    "punctuation:no_comma": {},
    "keywords:existence": {"keywords": ["river"]},
    "detectable_format:number_bullet_lists": {"num_bullets": 2},
}
"""In IFEval's own layout, by instruction."""


def instructions(rng: Random) -> Row:
    """An answer that does all of `INSTRUCTIONS`; where the label is 0, one of them is not done, or only seems to be."""
    story, keyword = school(rng)["completion"].replace(",", ""), "A river is near."
    bullets = f"* {rng.randint(1, 999)} steps\n* {rng.randint(1, 999)} hours"
    made = {
        "right": (story, keyword, bullets),
        "a comma": (story, "A river is near, so they say.", bullets),
        "too short": (" ".join(story.split()[-9:]), keyword, bullets),
        "the keyword within a longer word": (story, "A riverside inn is near.", bullets),
        "the keyword in a comment": (story, "<!-- A river is near. -->", bullets),
        "blank bullets": (story, keyword, f"{rng.randint(1, 999)} steps\n* \n* "),
    }
    kind = "right" if rng.random() < 0.5 else rng.choice([name for name in made if name != "right"])
    reference = {"instruction_id_list": list(INSTRUCTIONS), "kwargs": list(INSTRUCTIONS.values())}
    return row("\n\n".join(made[kind]), int(kind == "right"), kind, reference=reference)
