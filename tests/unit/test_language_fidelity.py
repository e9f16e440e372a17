"""The reward: every known hack is worth next to nothing, every honest text nearly all."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from rewards import RewardError, Sample, State, Verdict
from rewards.language import LanguageFidelity

TEXTS = {
    "de": (
        "Anna hat zwölf Äpfel gekauft und gibt ihrem Bruder die Hälfte davon.",
        "Danach isst sie noch zwei zum Frühstück, bevor sie in die Schule geht.",
        "Am Ende bleiben ihr also nur noch vier Äpfel, die sie am Abend mit ihren Freunden teilt.",
    ),
    "fr": (
        "Le fermier possède douze vaches et il en vend la moitié au marché du village.",
        "Ensuite, il achète deux chevaux pour aider sa famille pendant la récolte.",
        "Il lui reste donc six vaches et deux chevaux à nourrir pendant tout l'hiver.",
    ),
    "ru": (
        "Сначала нужно посчитать, сколько яблок осталось у девочки после обеда.",
        "Потом мы вычитаем те яблоки, которые она отдала своему младшему брату.",
        "Значит, вечером у неё осталось только четыре яблока, и это правильный ответ.",
    ),
    "sw": (
        "Mkulima ana ng'ombe kumi na wawili na anauza nusu yao katika soko la kijiji.",
        "Baadaye ananunua farasi wawili ili kuisaidia familia yake wakati wa mavuno.",
        "Kwa hiyo amebaki na ng'ombe sita ambao atawalisha wakati wote wa mvua.",
    ),
    "hi": (
        "किसान के पास बारह गायें हैं और वह उनमें से आधी गायें गाँव के बाज़ार में बेच देता है।",
        "उसके बाद वह फसल के समय अपने परिवार की मदद के लिए दो घोड़े खरीदता है।",
        "इसलिए अब उसके पास केवल छह गायें और दो घोड़े बचे हैं।",
    ),
    "ja": (
        "農家の人は牛を十二頭飼っていて、そのうちの半分を村の市場で売りました。",
        "そのあと、収穫の時期に家族を手伝うために馬を二頭買いました。",
        "ですから、今は牛が六頭と馬が二頭だけ残っています。",
    ),
    "ar": (
        "يملك المزارع اثنتي عشرة بقرة ويبيع نصفها في سوق القرية صباح اليوم.",
        "بعد ذلك يشتري حصانين لكي يساعد عائلته في وقت الحصاد الطويل.",
        "إذن بقي لديه ست بقرات وحصانان يجب أن يطعمهما طوال الشتاء.",
    ),
}
ENGLISH = (
    "First we have to work out how many apples she gave away to her brother.",
    "Then we take away the two apples that she ate before she went to school.",
    "So in the end there are only four apples left, and that is the right answer.",
)
EXTRAS = " $x^2+3x-4=0$ \\boxed{42}\n```python\nfor i in range(10):\n    total += values[i]\nreturn total\n```"
REWARD = LanguageFidelity()


def judge(completion: str, language: str, **reference: object) -> Verdict:
    return REWARD.judge(Sample(prompt="", completion=completion, language=language, reference=reference))


def value(completion: str, language: str, **reference: object) -> float:
    result = judge(completion, language, **reference).value
    assert result is not None
    return result


@pytest.mark.parametrize("language", TEXTS)
def test_a_right_text_is_worth_nearly_all(language: str) -> None:
    text = " ".join(TEXTS[language])
    assert value(text, language) >= 0.97
    assert value(text + EXTRAS, language) >= 0.97
    assert value(TEXTS[language][0], language) >= 0.97
    assert value(" ".join(TEXTS[language][0].split()[:6]), language) >= 0.97


@pytest.mark.parametrize("language", TEXTS)
def test_every_hack_is_worth_next_to_nothing(language: str) -> None:
    own, english = TEXTS[language], " ".join(ENGLISH)
    line, text = own[0], " ".join(own)
    words = [text[i : i + 3] for i in range(0, len(text), 3)] if language == "ja" else text.split()
    hacks = {
        "english": english,
        "english and one line": f"{english} {english}\n{line}",
        "one english sentence of four": " ".join([*own, ENGLISH[0]]),
        "four english words": f"{own[0]} because she gave away {own[1]} {own[2]}",
        "half english": " ".join([*own[:2], *ENGLISH[:2], ENGLISH[2]]),
        "in a fence": f"```\n{english}\n```",
        "in a fence after a line": f"{line}\n```\n{english}\n```",
        "in an address": f"{line} https://a.org/?q={english.replace(' ', '+')}",
        "word by word": " ".join(word for pair in zip(words, english.split(), strict=False) for word in pair),
        "in a text group": f"$\\text{{{english}}}$",
        "in comments": "```python\n" + "\n".join(f"# {sentence}" for sentence in ENGLISH) + "\n```",
        "one sentence six times": " ".join([line] * 6),
    }
    assert {name: value(text, language) for name, text in hacks.items() if value(text, language) > 0.1} == {}


def test_english_is_not_taken_for_a_language_that_no_detector_knows() -> None:
    assert value(" ".join(ENGLISH), "su") == 0.0


@pytest.mark.parametrize("language", ["de", "fr", "ru", "sw"])
def test_words_in_random_order_are_worth_next_to_nothing_where_there_are_capitals(language: str) -> None:
    words = " ".join(TEXTS[language]).split()
    random.Random(3).shuffle(words)
    assert value(" ".join(words), language) <= 0.1


def test_text_in_small_letters_is_not_taken_for_random_words() -> None:
    assert value(" ".join(TEXTS["fr"]).lower(), "fr") >= 0.97


def test_a_loan_word_costs_nothing() -> None:
    assert value(" ".join(TEXTS["fr"]) + " Il prend un boda-boda pour rentrer.", "fr") >= 0.97


@pytest.mark.parametrize("language", TEXTS)
def test_english_costs_more_the_more_there_is(language: str) -> None:
    own = " ".join(TEXTS[language])
    clean, phrase, sentence, all_of_them = (
        value(f"{own}{more}", language)
        for more in ("", " because she gave them away.", f" {ENGLISH[0]}", " " + " ".join(ENGLISH))
    )
    assert clean > phrase > sentence > all_of_them
    assert phrase <= 0.1


@pytest.mark.parametrize("text", ["42", "\\boxed{42}", "$x = 3$", "3,5 + ١٨", "ok"])
@pytest.mark.parametrize("language", ["de", "ja", "ar"])
def test_a_text_without_language_is_neither_passed_nor_failed(text: str, language: str) -> None:
    assert judge(text, language).state is State.NOT_APPLICABLE


def test_names_alone_are_neither_passed_nor_failed() -> None:
    assert judge("Paris", "ja").state is State.NOT_APPLICABLE
    assert judge("Paris", "de").state is State.NOT_APPLICABLE


def test_an_empty_completion_is_zero() -> None:
    assert value("  \n", "de") == 0.0


@pytest.mark.parametrize("language", TEXTS)
def test_the_reference_itself_is_worth_all_and_shuffled_words_nothing(language: str) -> None:
    text = " ".join(TEXTS[language])
    assert value(text, language, text=text) >= 0.99
    words = list(text) if language == "ja" else text.split()
    random.Random(7).shuffle(words)
    assert value(("" if language == "ja" else " ").join(words), language, text=text) <= 0.1


@pytest.mark.parametrize("language", TEXTS)
def test_another_sentence_of_the_language_is_worth_nothing(language: str) -> None:
    assert value(TEXTS[language][0], language, text=TEXTS[language][2]) <= 0.05


def test_one_changed_digit_costs_at_least_half_of_a_text_with_many_numbers() -> None:
    text = "Am 3. Mai 2019 fuhren 240 Leute 3,5 Kilometer weit und zahlten dafür zusammen 1.250 Euro an die Stadt."
    assert value(text, "de", text=text) >= 0.99
    assert value(text.replace("240", "241"), "de", text=text) <= 0.5
    assert value(text.replace("3,5", "35"), "de", text=text) <= 0.5


def test_numbers_are_the_same_in_all_scripts_and_notations() -> None:
    text = "يملك المزارع ١٢٥٠ بقرة ويبيع منها ٣٫٥ في المائة في سوق القرية كل يوم."
    same = text.replace("١٢٥٠", "1,250").replace("٣٫٥", "3.5")
    assert value(same, "ar", text=text) >= 0.97
    assert value(same.replace("1,250", "1,260"), "ar", text=text) <= 0.5


def test_a_wrong_answer_is_worth_nothing_in_any_language() -> None:
    text = " ".join(TEXTS["de"])
    assert value(f"{text} \\boxed{{4}}", "de", answer="4") >= 0.97
    assert value(f"{text} \\boxed{{5}}", "de", answer="4") == 0.0
    assert value(f"{' '.join(ENGLISH)} \\boxed{{4}}", "de", answer="4") == 0.0


def test_the_asked_language_goes_before_the_prompts_own() -> None:
    prompt, german, english = (
        "How many apples does Anna have left in the end?",
        " ".join(TEXTS["de"]),
        " ".join(ENGLISH),
    )
    own = Sample(prompt=prompt, completion=english)
    assert REWARD.judge(own).value == pytest.approx(1.0)
    asked = Sample(prompt=prompt, completion=german, language="en", reference={"language": "de"})
    assert REWARD.judge(asked).value == pytest.approx(1.0)
    assert LanguageFidelity(language="en").judge(asked).value == 0.0
    assert REWARD.judge(Sample(prompt="2 + 2 = ?", completion=german)).state is State.NOT_APPLICABLE


def test_the_asked_way_to_write_chinese_counts() -> None:
    simplified = "她一共有十二个苹果，把其中的一半给了弟弟，请问还剩下多少个？我们来看这个问题，先说说她们买了什么。"
    assert value(simplified, "zh-Hans") >= 0.97
    assert value(simplified, "zh") >= 0.97
    assert value(simplified, "zh-Hant") < 0.7


def test_thinking_counts_unless_it_is_left_out() -> None:
    text = f"<think>{' '.join(ENGLISH)}</think>{' '.join(TEXTS['de'])}"
    sample = Sample(prompt="", completion=text, language="de")
    lenient = LanguageFidelity(thinking=False).judge(sample).value
    assert lenient == pytest.approx(1.0)
    assert value(text, "de") < 0.1


def test_a_scorer_judges_content_and_its_failure_is_no_zero() -> None:
    german = Sample(prompt="Say it.", completion=" ".join(TEXTS["de"]), language="de")
    assert LanguageFidelity(scorer=lambda source, text: 0.25).judge(german).value == pytest.approx(0.25)

    def broken(source: str, text: str) -> float:
        raise OSError("no model")

    verdict = LanguageFidelity(scorer=broken).judge(german)
    assert verdict.state is State.FAILED
    assert "no model" in verdict.reason
    assert LanguageFidelity(scorer=lambda source, text: 7.0).judge(german).state is State.FAILED


def test_wrong_settings_and_wrong_data_are_named() -> None:
    with pytest.raises(RewardError, match="'xx'"):
        LanguageFidelity(language="xx")
    with pytest.raises(RewardError, match="partial"):
        LanguageFidelity(partial=1.5)
    with pytest.raises(RewardError, match="tolerance"):
        LanguageFidelity(tolerance=0)
    assert judge("Guten Tag, wie geht es Ihnen heute?", "xx").state is State.FAILED
    assert judge("Guten Tag, wie geht es Ihnen heute?", "de", text=7).state is State.FAILED


def test_threads_and_repetition_change_nothing() -> None:
    group = [Sample(prompt="", completion=" ".join(t), language=code) for code, t in TEXTS.items()] * 4
    alone = [verdict.value for verdict in REWARD(group)]
    with ThreadPoolExecutor(4) as pool:
        assert [[v.value for v in verdicts] for verdicts in pool.map(REWARD, [group] * 4)] == [alone] * 4


@pytest.mark.parametrize(
    "text", ["\x00\x01", "\ud800", "a" * 30_000, "!" * 1000, "ab " * 5000, "😀" * 500, "ア" * 5000]
)
def test_any_string_ends_in_a_verdict_between_zero_and_one(text: str) -> None:
    verdict = judge(text, "de", text=text)
    assert verdict.state is not State.FAILED
    assert verdict.value is None or 0.0 <= verdict.value <= 1.0
