"""What a policy may try against the language reward, and the honest texts that look a little like it."""

from __future__ import annotations

import random

import pytest

from rewards import Sample, State, Verdict
from rewards.language import LanguageFidelity, consistency, parse_tag, split_words
from rewards.language.common import common_words

HINDI = (
    "किसान के पास बारह गायें हैं और वह उनमें से आधी गायें गाँव के बाज़ार में बेच देता है। "
    "उसके बाद वह फसल के समय अपने परिवार की मदद के लिए दो घोड़े खरीदता है। "
    "इसलिए अब उसके पास केवल छह गायें और दो घोड़े बचे हैं।"
)
JAPANESE = (
    "農家の人は牛を十二頭飼っていて、そのうちの半分を村の市場で売りました。"
    "そのあと、収穫の時期に家族を手伝うために馬を二頭買いました。"
    "ですから、今は牛が六頭と馬が二頭だけ残っています。"
)
GERMAN = (
    "Anna hat zwölf Äpfel gekauft und gibt ihrem Bruder die Hälfte davon. "
    "Danach isst sie noch zwei zum Frühstück, bevor sie in die Schule geht. "
    "Am Ende bleiben ihr also nur noch vier Äpfel, die sie am Abend mit ihren Freunden teilt."
)
CZECH = (
    "Každé ráno chodí děti přes starý most do školy a cestou si vyprávějí, co se jim v noci zdálo. "
    "Na konci týdne jim babička upeče velký koláč s ovocem ze zahrady."
)
VIETNAMESE = (
    "Mỗi buổi sáng bọn trẻ đi qua cây cầu cũ để đến trường và kể cho nhau nghe những gì chúng đã mơ thấy. "
    "Cuối tuần bà nướng cho chúng một chiếc bánh lớn với trái cây trong vườn."
)
SERBIAN = (
    "Svakog jutra deca idu preko starog mosta u školu i usput pričaju šta su sanjala te noći. "
    "Na kraju nedelje baka im ispeče veliki kolač sa voćem iz bašte."
)
LOOK_ALIKE = str.maketrans("aeopcxyiAEOPCXTHKMB", "аеорсхуіАЕОРСХТНКМВ")
REWARD = LanguageFidelity()


def judge(completion: str, language: str, finish_reason: str = "stop", **reference: object) -> Verdict:
    sample = Sample(
        prompt="", completion=completion, language=language, reference=reference, finish_reason=finish_reason
    )
    return REWARD.judge(sample)


def value(completion: str, language: str, **reference: object) -> float:
    result = judge(completion, language, "stop", **reference).value
    assert result is not None
    return result


@pytest.mark.parametrize(("language", "text"), [("cs", CZECH), ("vi", VIETNAMESE), ("sr", SERBIAN), ("de", GERMAN)])
def test_letters_of_another_alphabet_inside_words_are_worth_nothing(language: str, text: str) -> None:
    assert value(text, language) >= 0.97
    assert value(text.translate(LOOK_ALIKE), language) <= 0.1


def test_english_in_look_alike_letters_is_no_serbian() -> None:
    text = "Nobody knew why the old engine had stopped working that winter, and the people of the town went home early."
    assert value(text.translate(LOOK_ALIKE), "sr") <= 0.1


def test_one_word_with_a_slip_of_the_keyboard_costs_nothing() -> None:
    text = "Сначала нужно посчитать, сколько яблок осталось у девочки после обеда, и записать это число в тетрадь."
    assert value(text.replace("сколько", "cколько"), "ru") >= 0.97  # the first letter is Latin
    assert value(text.replace("яблок", "iPhone'ов"), "ru") >= 0.97


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "und der die das nicht ist mit von für"),
        ("fr", "et le la les des un est que dans pour"),
        ("ru", "и в на не что это как с по для"),
        ("hi", "और का के की है में से को पर"),
    ],
)
def test_function_words_alone_are_worth_next_to_nothing(language: str, words: str) -> None:
    rng = random.Random(11)
    assert value(" ".join(rng.choice(words.split()) for _ in range(40)) + ".", language) <= 0.1


@pytest.mark.parametrize("language", ["ar", "fi", "he", "hu", "sw", "ta", "tr", "yo", "zu"])
def test_common_words_of_any_language_alone_are_worth_next_to_nothing(language: str) -> None:
    rng = random.Random(3)
    heap = " ".join(f"{' '.join(rng.sample(common_words(language)[:80], 8)).capitalize()}." for _ in range(6))
    assert value(heap, language) <= 0.1


@pytest.mark.parametrize("joint", [", ", "\n- ", " 🎉 "])
@pytest.mark.parametrize(("language", "text"), [("de", GERMAN), ("hi", HINDI), ("cs", CZECH)])
def test_long_lists_of_single_words_are_neither_passed_nor_failed(language: str, text: str, joint: str) -> None:
    words = list(dict.fromkeys(word.strip(".,।") for word in text.split()))
    random.Random(7).shuffle(words)
    assert len(words) >= 24
    result = judge(f"- {joint.join(words)}.", language).value
    assert result is None or result <= 0.1


def test_a_shopping_list_is_worth_all_and_so_is_a_list_of_phrases() -> None:
    assert value("- Mehl\n- Zucker\n- zwei Eier\n- Milch\n- Butter\n- Salz", "de") >= 0.97
    phrases = (
        "- eine Flasche Wasser\n- feste Schuhe\n- eine Regenjacke\n- belegte Brote und Obst\n- ein Taschenmesser\n"
    )
    assert (
        value(f"{phrases}- eine Karte der Umgebung\n- Sonnencreme\n- ein kleines Handtuch\n- zwei Decken", "de") >= 0.97
    )


@pytest.mark.parametrize(("language", "text"), [("hi", HINDI), ("ja", JAPANESE)])
def test_words_in_random_order_break_off_inside_a_sentence(language: str, text: str) -> None:
    words = text.split() if language == "hi" else [text[i : i + 3] for i in range(0, len(text), 3)]
    random.Random(5).shuffle(words)
    heap = (" " if language == "hi" else "").join(words)
    assert value(text, language) >= 0.97
    assert value(heap, language) <= 0.1


def test_a_text_cut_off_at_the_token_limit_is_not_taken_for_random_words() -> None:
    text = HINDI.rsplit(maxsplit=4)[0]
    assert value(text, "hi") == 0.0
    cut = judge(text, "hi", finish_reason="length").value
    assert cut is not None
    assert cut >= 0.97


@pytest.mark.parametrize("end", [" $x = 4$", " \\boxed{4}", "\nउत्तर: चार गायें", " उत्तर: 4"])
def test_an_answer_at_the_end_is_no_broken_sentence(end: str) -> None:
    assert value(HINDI + end, "hi") >= 0.97


@pytest.mark.parametrize(("language", "text"), [("de", GERMAN), ("hi", HINDI)])
def test_a_long_text_without_any_mark_is_neither_passed_nor_failed(language: str, text: str) -> None:
    bare = "".join(char for char in text if char not in ".,।").lower()
    assert judge(bare, language).state is State.NOT_APPLICABLE
    assert value(bare, language, text=bare) >= 0.99  # a reference tells
    assert value(bare + ".", language) >= 0.97
    assert value(" ".join(bare.split()[:12]), language) >= 0.97


def test_marks_are_not_missed_where_none_are_usual() -> None:
    thai = "ชาวนามีวัวสิบสองตัวและขายครึ่งหนึ่งในตลาดของหมู่บ้าน หลังจากนั้นเขาซื้อม้าสองตัวเพื่อช่วยครอบครัวในช่วงเก็บเกี่ยว"
    assert value(thai + " ตอนนี้เขาจึงเหลือวัวหกตัวกับม้าสองตัวที่ต้องเลี้ยงดูตลอดฤดูฝนที่ยาวนาน", "th") >= 0.97


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "De gick länge genom skogen (på engelska kallas det ”bush walk”) och kom hem sent på kvällen."),
        ("sk", "Na okraji mesta stojí veľké parkovisko typu park-and-ride, odkiaľ chodí do centra električka."),
        ("ru", "Телефон Бена старше телефона Анны. iPhone Анны новый. iPhone Бена старый. iPhone Олега сломался."),
    ],
)
def test_a_cited_term_and_a_repeated_name_cost_nothing(language: str, text: str) -> None:
    assert value(text, language) >= 0.97


def test_a_repeated_loan_is_not_taken_for_a_foreign_phrase() -> None:
    text = (
        "Juma alinunua jozi 3 za viatu, jozi 3 za soksi na jozi 3 za kofia kwa ajili ya watoto wake wote wa shule. "
        "Baadaye alirudi nyumbani akiwa amechoka sana lakini mwenye furaha."
    )
    assert value(text, "sw") >= 0.97


def test_a_quoted_sentence_still_counts_as_foreign() -> None:
    text = GERMAN.replace("Danach", "Sie sagte (because she gave them away to her brother) und danach")
    assert value(text, "de") <= 0.1


def test_what_is_known_of_words_changes_no_verdict() -> None:
    words = split_words(f"{GERMAN} {CZECH}")
    language = parse_tag("de")
    first = consistency(words, language)
    for text in (VIETNAMESE, SERBIAN, CZECH):
        consistency(split_words(text), language)
    assert consistency(words, language) == first
    assert first.share < 0.9
