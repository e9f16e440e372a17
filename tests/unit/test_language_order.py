"""Words in random order: what a text itself tells, without a reference."""

from __future__ import annotations

import random
import re
import zipfile

import numpy as np
import pytest

from rewards import Sample
from rewards.language import LanguageFidelity, parse_tag, prose, split_words
from rewards.language.order import KINDS, NUMBER, PAUSE, STOP, TABLES, in_order, load_order, standing, tokens_of
from rewards.language.order_tables import learn

TEXTS = {
    "de": (
        "Gestern Abend hat es so stark geregnet, dass der Keller meiner Nachbarin voll Wasser lief."
        " Wir haben bis Mitternacht Eimer getragen und danach zusammen Suppe gegessen. Ihre Katze "
        "saß die ganze Zeit auf der Treppe und schaute uns verwundert zu. Als es endlich hell "
        "wurde, war von dem Wasser nichts mehr zu sehen, und die Nachbarin hat uns zum Dank einen "
        "Kuchen gebacken."
    ),
    "fr": (
        "Hier soir, il a plu si fort que la cave de ma voisine s'est remplie d'eau. Nous avons "
        "porté des seaux jusqu'à minuit, puis nous avons mangé de la soupe ensemble. Son chat est "
        "resté tout ce temps sur l'escalier à nous regarder avec étonnement. Le lendemain, il n'y "
        "avait plus rien à voir, et la voisine nous a fait un gâteau."
    ),
    "es": (
        "Anoche llovió tanto que el sótano de mi vecina se llenó de agua. Estuvimos cargando cubos "
        "hasta la medianoche y después cenamos sopa juntos. Su gato se quedó todo el tiempo en la "
        "escalera mirándonos con sorpresa. A la mañana siguiente ya no quedaba nada, y la vecina "
        "nos preparó un pastel para darnos las gracias."
    ),
    "ru": (
        "Вчера вечером шёл такой сильный дождь, что подвал моей соседки заполнился водой. Мы до "
        "полуночи таскали вёдра, а потом вместе ели суп. Её кошка всё это время сидела на лестнице "
        "и удивлённо на нас смотрела. Утром от воды уже ничего не осталось, и соседка в "
        "благодарность испекла для нас большой пирог, который мы съели за завтраком."
    ),
    "hi": (
        "कल शाम इतनी तेज़ बारिश हुई कि मेरी पड़ोसन का तहखाना पानी से भर गया। हम आधी रात तक "
        "बाल्टियाँ ढोते रहे और फिर साथ बैठकर सूप पिया। उसकी बिल्ली पूरे समय सीढ़ियों पर बैठी हमें "
        "हैरानी से देखती रही। "
        "सुबह तक पानी का कोई निशान नहीं बचा था, और पड़ोसन ने हमारे लिए एक बड़ा केक बनाया जो हमने नाश्ते में खाया।"
    ),
    "vi": (
        "Tối qua trời mưa to đến nỗi tầng hầm nhà cô hàng xóm của tôi ngập đầy nước. Chúng tôi xách"
        " xô nước đến tận nửa đêm rồi cùng nhau ăn súp. Con mèo của cô ấy ngồi trên cầu thang suốt "
        "thời gian đó và ngạc nhiên nhìn chúng tôi. Sáng hôm sau không còn thấy nước nữa, và cô ấy "
        "đã làm bánh để cảm ơn chúng tôi vì đã giúp cô ấy cả đêm."
    ),
}
REWARD = LanguageFidelity()


def value(text: str, language: str) -> float:
    result = REWARD.judge(Sample(prompt="", completion=text, language=language)).value
    assert result is not None
    return result


def heap(text: str, seed: int) -> str:
    """The words in random order, in sentences of eleven with a capital at the start and a full stop at the end."""
    words = re.sub(r"[.,।]", "", text).lower().split()
    random.Random(seed).shuffle(words)
    return " ".join(" ".join(words[i : i + 11]).capitalize() + "." for i in range(0, len(words), 11))


@pytest.mark.parametrize("language", TEXTS)
def test_random_order_is_seen_though_all_marks_are_set_right(language: str) -> None:
    assert value(TEXTS[language], language) >= 0.97
    caught = [value(heap(TEXTS[language], seed), language) <= 0.1 for seed in range(20)]
    assert sum(caught) >= 16


@pytest.mark.parametrize("language", TEXTS)
def test_sentences_of_a_text_may_stand_in_any_order(language: str) -> None:
    sentences = re.split(r"(?<=[.।]) ", TEXTS[language])
    assert value(" ".join(reversed(sentences)), language) >= 0.97


@pytest.mark.parametrize(
    "text",
    [
        "1. Berlin\n2. Hamburg\n3. München\n4. Köln\n5. Frankfurt\n6. Stuttgart\n7. Düsseldorf\n8. Leipzig",
        "- Mehl\n- Zucker\n- zwei Eier\n- ein Teelöffel Backpulver\n- eine Prise Salz\n- Butter für die Form",
        "eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf, dreizehn, vierzehn",
        "| Stadt | Einwohner | Fluss |\n|---|---|---|\n| Hamburg | 1 900 000 | Elbe |\n| Köln | 1 100 000 | Rhein |",
        "Über allen Gipfeln\nIst Ruh,\nIn allen Wipfeln\nSpürest du\nKaum einen Hauch;\nDie Vögelein schweigen.",
    ],
)
def test_lists_tables_and_verse_are_not_taken_for_random_order(text: str) -> None:
    assert in_order(split_words(text), parse_tag("de")) == 1.0


def test_random_order_stands_where_all_other_orders_do() -> None:
    """Of random orders, z has mean 0 and deviation 1, whatever the words are."""
    order = load_order("de")
    assert order is not None
    tokens = tokens_of(split_words(TEXTS["de"]))
    rng = random.Random(5)
    found = [standing(order, rng.sample(tokens, len(tokens)))[0] for _ in range(400)]
    assert abs(float(np.mean(found))) < 0.2
    assert 0.8 < float(np.std(found)) < 1.2
    assert standing(order, tokens)[0] > 3


def test_tokens_are_words_with_the_marks_and_numbers_between_them() -> None:
    text = "Am 3. Mai, sagt er, kam sie.\nUnd dann?"
    assert tokens_of(split_words(text)) == [
        *(STOP, "am", STOP, NUMBER, "mai", PAUSE, "sagt", "er", PAUSE, "kam", "sie", STOP, "und", "dann", STOP)
    ]
    assert tokens_of([]) == [STOP, STOP]


def test_a_formula_is_a_number_among_the_words() -> None:
    text = prose("Die Antwort ist $x + 3$.", places=True)
    assert tokens_of(split_words(text)) == [STOP, "die", "antwort", "ist", STOP]


def test_words_that_come_again_are_no_sign_of_random_order() -> None:
    text = (
        "In Toulouse hay el doble de cabras que en Chillán. En Chillán hay 4 veces más cabras que en Mérida. ¿Cuántas "
        "cabras hay en total en Toulouse, Chillán y Mérida si en Mérida hay 30 cabras?"
    )
    assert in_order(split_words(text), parse_tag("es")) == 1.0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "zu",
            "Izolo ebusuku kunethe imvula enkulu kangangokuthi igumbi elingaphansi lomakhelwane wami ligcwale amanzi. "
            "Sithwale amabhakede kwaze kwaba phakathi kwamabili, emva kwalokho sadla isobho ndawonye. Ikati lakhe "
            "belihleli ezitebhisini sonke leso sikhathi lisibuka ngokumangala. Ekuseni amanzi abengasekho.",
        ),
        (
            "id",
            "Tadi malam hujan turun begitu deras sehingga ruang bawah tanah tetangga saya penuh dengan air. Kami "
            "mengangkat ember sampai tengah malam dan setelah itu makan sup bersama. Kucingnya duduk di tangga "
            "sepanjang waktu dan memandang kami dengan heran. Pada pagi hari airnya sudah tidak ada lagi.",
        ),
    ],
)
def test_languages_that_inflect_at_the_start_of_words_are_told_by_that(language: str, text: str) -> None:
    assert value(text, language) >= 0.97
    caught = [value(heap(text, seed), language) <= 0.1 for seed in range(20)]
    assert sum(caught) >= 10


def test_order_is_learned_from_plain_sentences() -> None:
    rng = random.Random(1)
    texts = [
        [STOP, *(word for _ in range(4) for word in ("the", rng.choice(["cat", "dog"]), "sees")), STOP]
        for _ in range(40)
    ]
    order, counts = learn(texts)
    assert order.usual > 0
    assert counts.sum() == sum(len(text) - 1 for text in texts)
    the, sees = order.words["the"], order.words["sees"]
    assert order.gains[sees, the] > 0.5
    assert order.gains[the, sees] < -0.5
    assert standing(order, texts[0])[0] > 2


def test_every_table_of_the_package_can_be_read() -> None:
    with zipfile.ZipFile(TABLES) as tables:
        names = tables.namelist()
    assert len(names) >= 100
    for name in names:
        order = load_order(name)
        assert order is not None
        assert order.gains.shape == order.squares.shape == (len(order.gains), len(order.gains))
        assert len(order.words) + len(order.affixes) < len(order.gains)
        assert order.kind in KINDS
        assert np.isfinite(order.gains).all()
        assert order.usual > 0.5
    assert load_order("xx") is None


@pytest.mark.parametrize("text", ["", "a", "a b", "." * 50, "😀 " * 30, "42 " * 30])
def test_texts_that_say_nothing_are_in_order(text: str) -> None:
    assert in_order(split_words(text), parse_tag("de")) == 1.0
