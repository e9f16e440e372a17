from __future__ import annotations

import io
import logging
import math
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console

from rlhf.display import Display
from rlhf.panel import render_stage, sparkline
from rlhf.progress import duration, number
from rlhf.report import Estimate, ReportRow, render_report, report_markdown

FULL = {
    "reward/mean": 0.612,
    "reward/std": 0.4,
    "reward/correct": 0.55,
    "reward/format": 0.98,
    "accuracy": 0.55,
    "kl": 0.00012,
    "loss": -0.01,
    "grad_norm": 123.4,
    "len/completion_tok": 41.5,
    "speed/completion_tok_s": 1520.0,
    "time/sample_s": 1.0,
    "time/score_s": 0.001,
    "time/update_s": 3.0,
    "time/step_s": 4.0,
}


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def console(width: int = 100, height: int = 30, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=terminal, highlight=False)


def text_of(c: Console) -> str:
    assert isinstance(c.file, io.StringIO)
    return c.file.getvalue()


def plain_display(clock: FakeClock, **settings: float) -> tuple[Display, Console]:
    out = console(width=200)
    return Display(console=out, live=False, clock=clock, **settings), out


def panel_lines(display: Display, width: int, height: int) -> list[str]:
    out = console(width, height)
    stage = display._stage
    assert stage is not None
    out.print(render_stage(stage, display._clock(), width, height))
    return text_of(out).splitlines()


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high)


ROWS = [
    ReportRow(name="base", cells={"greedy": estimate(0.03, 0.014, 0.055), "pass@8": estimate(0.11, 0.08, 0.15)}),
    ReportRow(name="GRPO", cells={"greedy": estimate(0.601, 0.545, 0.655), "pass@8": estimate(0.752, 0.7, 0.8)}),
]
DIFFERENCES = [
    ReportRow(name="GRPO - base", cells={"greedy": estimate(0.571, 0.51, 0.63), "pass@8": estimate(0.01, -0.02, 0.04)})
]


def test_a_sparkline_spans_its_own_lowest_to_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "".join(chr(0x2581 + i) for i in range(8))
    assert sparkline([10.0, 20.0], ascii_only=True) == "_#"


def test_a_sparkline_of_equal_values_is_flat_and_marks_what_is_not_finite() -> None:
    assert sparkline([3.0, 3.0, math.nan, math.inf], ascii_only=True) == "__xx"
    assert sparkline([math.nan]) == "x"
    assert sparkline([]) == ""


@pytest.mark.parametrize(("width", "height"), [(30, 10), (60, 20), (80, 24), (100, 30), (200, 50)])
@pytest.mark.parametrize("num_terms", [0, 2, 30])
def test_the_panel_fits_the_terminal(width: int, height: int, num_terms: int) -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO [x]", 300)
    terms = {f"reward/a_rather_long_term_name_{i}": 0.5 for i in range(num_terms)}
    display.update(7, {**FULL, **terms})
    display.sample("What is\n1 + 1? " * 20, "\u65e5\u672c\u8a9e " * 60 + "2", 1.0)
    lines = panel_lines(display, width, height)
    assert len(lines) <= height - 1
    assert {cell_len(line) for line in lines} == {width}
    assert "GRPO [x]" in lines[0]


def test_the_panel_shows_every_value_with_its_label() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 300)
    display.update(123, FULL)
    text = "\n".join(panel_lines(display, 60, 20))
    for label, value in [
        ("reward", "0.612"),
        ("correct", "0.550"),
        ("format", "0.980"),
        ("accuracy", "55.0 %"),
        ("KL", "1.2e-04"),
        ("loss", "-0.010"),
        ("grad norm", "123"),
        ("tokens", "41.5"),
    ]:
        (line,) = [line for line in text.splitlines() if f" {label} " in line]
        assert line.split(label)[1].split()[: len(value.split())] == value.split()
    assert "123/300   41 %" in text
    assert "1,520 tok/s   sample 25 %   update 75 %" in text
    assert "score" not in text


def test_reward_terms_give_way_first_and_are_counted() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 10)
    display.update(1, {**FULL, **{f"reward/term{i}": 0.1 for i in range(10)}})
    text = "\n".join(panel_lines(display, 60, 20))
    shown = sum(f" {name} " in text for name in ["correct", "format", *(f"term{i}" for i in range(10))])
    assert f"+{12 - shown} terms" in text
    assert "grad norm" in text


def test_missing_and_unfinite_values_are_no_trouble() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 10)
    display.update(1, {})
    display.update(2, {"loss": math.nan, "time/step_s": math.nan, "time/sample_s": math.nan})
    display.update(3, {"loss": 1.0, "kl": math.inf})
    display.update(4, {"loss": math.nan})
    text = "\n".join(panel_lines(display, 60, 20))
    assert "nan  x" in text
    assert "inf  x" in text
    assert "3/10" not in text


def test_time_left_follows_the_recent_pace_and_runs_down_between_steps() -> None:
    clock = FakeClock()
    display, _ = plain_display(clock)
    display.stage("GRPO", 30)
    for step in range(1, 11):
        clock.now += 2.0
        display.update(step, {})
    assert "left 0:40" in "\n".join(panel_lines(display, 80, 24))
    clock.now += 5.0
    text = "\n".join(panel_lines(display, 80, 24))
    assert "left 0:35" in text
    assert "elapsed 0:25" in text


def test_a_resumed_stage_does_not_take_earlier_steps_for_its_own_pace() -> None:
    clock = FakeClock()
    display, _ = plain_display(clock)
    display.stage("GRPO", 300)
    clock.now += 3.0
    display.update(201, {})
    assert "left 4:57" in "\n".join(panel_lines(display, 80, 24))


def test_without_a_terminal_a_line_is_due_after_steps_or_seconds() -> None:
    clock = FakeClock()
    display, out = plain_display(clock, plain_every_steps=5, plain_every_s=60.0)
    display.stage("GRPO", 100)
    for step in range(1, 13):
        clock.now += 1.0
        display.update(step, {"loss": float(step)})
    clock.now += 60.0
    display.update(13, {"loss": 13.0})
    lines = text_of(out).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["1/100", "6/100", "11/100", "13/100"]
    assert "\x1b" not in text_of(out)


def test_a_plain_line_says_it_all_in_one_line() -> None:
    clock = FakeClock()
    display, out = plain_display(clock)
    display.stage("GRPO", 300)
    clock.now += 4.0
    display.update(1, FULL)
    assert text_of(out).splitlines()[1] == (
        "GRPO 1/300  0:04, left 19:56 | reward 0.612 | correct 0.550, format 0.980 | accuracy 55.0 % | KL 1.2e-04 | "
        "loss -0.010 | grad norm 123 | tokens 41.5 | 4.000 s/step | 1,520 tok/s, sample 25 %, update 75 %"
    )


def test_failed_rewards_are_shown_and_are_no_term() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 300)
    display.update(1, {**FULL, "reward/failed_share": 0.0})
    assert "failed" not in "\n".join(panel_lines(display, 100, 30))
    display.update(2, {**FULL, "reward/failed_share": 0.25})
    assert "25 % of rewards failed" in "\n".join(panel_lines(display, 100, 30))


def test_a_finished_stage_is_summed_up_by_its_first_and_last_steps() -> None:
    clock = FakeClock()
    display, out = plain_display(clock, plain_every_steps=1000, plain_every_s=1e9)
    display.stage("warm-up", 40)
    for step in range(1, 41):
        clock.now += 1.5
        display.update(step, {"loss": float(step), "accuracy": math.nan})
    display.stage("evaluate", 300, unit="problems")
    display.update(300, {"accuracy": 0.25})
    display.update(300, {"accuracy": 0.443})
    with display:
        pass
    lines = text_of(out).splitlines()
    # the means of 1 .. 10 and of 31 .. 40; an evaluation's running accuracy has only a last value
    assert "warm-up: 40 steps in 1:00; loss 5.500 -> 35.5" in lines
    assert lines[-1] == "evaluate: 300 problems in 0:00; accuracy 44.3 %"


def test_messages_are_printed_as_they_are() -> None:
    display, out = plain_display(FakeClock())
    display.message("saved [step 10] to out/[a]/" + "x" * 300)
    assert text_of(out) == "saved [step 10] to out/[a]/" + "x" * 300 + "\n"


def test_control_characters_of_a_completion_do_not_reach_the_terminal() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 300)
    display.update(1, FULL)
    display.sample("a\x1b[2Jb\r\nc", "\x07\u202edone", None)
    for height in (20, 30):
        text = "\n".join(panel_lines(display, 100, height))
        assert not {"\x1b", "\r", "\x07", "\u202e"} & set(text)
        assert "a [2Jb c" in text
        assert "no reward" in text


def test_a_long_completion_keeps_its_end_where_the_answer_is() -> None:
    display, _ = plain_display(FakeClock())
    display.stage("GRPO", 300)
    display.update(1, FULL)
    display.sample("2 + 3 =", "let me think " * 50 + "so it is 5", 1.0)
    assert "so it is 5" in "\n".join(panel_lines(display, 60, 20))


def test_the_live_panel_leaves_messages_logs_and_the_cursor_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", terminal)
    handler = logging.StreamHandler(terminal)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    out = console(60, 20, terminal=True)
    with Display(console=out, live=True) as display:
        display.stage("GRPO", 300)
        display.update(1, FULL)
        display.message("checkpoint [1] written")
        root.warning("from a library")
        sys.stdout.write("from a print\n")
    written = text_of(out)
    for line in ("checkpoint [1] written", "from a library", "from a print", "GRPO: 1 steps"):
        assert written.count(line) == 1
    assert terminal.getvalue() == ""
    assert handler.stream is terminal
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_a_failure_leaves_the_last_panel_on_the_screen() -> None:
    out = console(60, 20, terminal=True)

    def interrupted_run() -> None:
        with Display(console=out, live=True) as display:
            display.stage("GRPO", 300)
            display.update(17, FULL)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    last_frame = text_of(out)[text_of(out).rindex("GRPO") :]
    assert "17/300" in last_frame
    assert "grad norm" in last_frame
    assert "\x1b[1A" not in last_frame, "the panel was wiped"


def test_updates_before_a_stage_are_shown_too() -> None:
    display, out = plain_display(FakeClock())
    display.update(1, {"loss": 2.0})
    assert "run 1" in text_of(out)
    assert "loss 2.000" in text_of(out)


def test_a_table_keeps_its_cells_in_order() -> None:
    display, out = plain_display(FakeClock())
    display.table("checkpoints", ["name", "step"], [["last [x]", 300], ["best", 280]])
    words = text_of(out).split()
    assert words[:3] == ["checkpoints", "name", "step"]
    assert words[-5:] == ["last", "[x]", "300", "best", "280"]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_report_holds_every_number_at_any_width(width: int) -> None:
    out = console(width)
    out.print(render_report(ROWS, DIFFERENCES, width=width))
    text = text_of(out)
    assert all(cell_len(line.rstrip()) <= width for line in text.splitlines())
    for figure in (
        "3.0",
        "[1.4, 5.5]",
        "60.1",
        "[54.5, 65.5]",
        "75.2",
        "+57.1",
        "[+51.0, +63.0]",
        "+1.0",
        "[-2.0, +4.0]",
    ):
        assert figure in text


def test_names_with_brackets_are_no_markup() -> None:
    renamed = [ReportRow(name="[red]x", cells=row.cells) for row in DIFFERENCES]
    for width in (40, 120):
        out = console(width)
        out.print(render_report(ROWS, renamed, width=width))
        assert "[red]x" in text_of(out)


def test_a_cell_that_a_row_lacks_is_a_dash() -> None:
    rows = [*ROWS, ReportRow(name="new", cells={"well-formed": estimate(1.0, 0.99, 1.0)})]
    assert "| new | - | - | 100.0 [99.0, 100.0] |" in report_markdown(rows).splitlines()
    out = console(40)
    out.print(render_report(rows, width=40))
    assert text_of(out).count("new") == 1


def test_the_markdown_report_marks_differences_that_are_clear_of_zero() -> None:
    assert report_markdown(ROWS, DIFFERENCES) == (
        "|  | greedy | pass@8 |\n"
        "| --- | ---: | ---: |\n"
        "| base | 3.0 [1.4, 5.5] | 11.0 [8.0, 15.0] |\n"
        "| GRPO | 60.1 [54.5, 65.5] | 75.2 [70.0, 80.0] |\n"
        "| GRPO - base | **+57.1 [+51.0, +63.0]** | +1.0 [-2.0, +4.0] |\n"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.000"), (1.2345, "1.234"), (42.25, "42.2"), (1520.3, "1,520"), (1.2e-5, "1.2e-05"), (-3e7, "-3.00e+07")],
)
def test_numbers_keep_about_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3725, "1:02:05")])
def test_durations_read_like_a_clock(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
