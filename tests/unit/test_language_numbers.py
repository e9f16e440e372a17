"""Numbers of a text and of its reference: digits of all scripts, decimal commas, places, words."""

from __future__ import annotations

import pytest

from rewards import Sample
from rewards.language import LanguageFidelity
from rewards.language.faithful import number_agreement

SAME = [
    ("3,5 km und 1.250 Euro", "3.5 km und 1,250 Euro"),
    ("1 250 000 рублей", "1250000 рублей"),
    ("12,50,000 रुपये और 3.5 किलोमीटर", "१२,५०,००० रुपये और ३.५ किलोमीटर"),
    ("٣٫٥ كيلومتر و١٬٢٥٠ دينار", "3.5 كيلومتر و1,250 دينار"),
    ("๒๔๐ กิโลเมตร", "240 กิโลเมตร"),
    ("၂၄၀ ကီလိုမီတာ", "240 ကီလိုမီတာ"),
    ("全部で1万2000円", "全部で12000円"),
    ("全部で1万2千円", "全部で12,000円"),
    ("全部花了一万二千元", "全部花了12000元"),
    ("인구는 3만 5천 명", "인구는 3만 5천 명"),
    ("zwanzig Hefte und 45 Euro", "20 Hefte und 45 Euro"),
    ("vingt-cinq cahiers", "25 cahiers"),
    ("двадцать тетрадей", "20 тетрадей"),
    ("madaftari ishirini", "madaftari 20"),
    ("yirmi defter", "20 defter"),
    ("two hundred and six pages", "206 pages"),
    ("drei Hefte", "3 Hefte"),
]
OTHER = [
    ("240 km", "241 km"),
    ("3,5 km", "35 km"),
    ("zwanzig Hefte", "21 Hefte"),
    ("二十本书", "12本书"),
    ("全部で1万2000円", "全部で1万3000円"),
    ("zwanzig Hefte", "20 Hefte und 20 Stifte"),
    ("240 km", "240 km und 17 Meter"),
    ("240 km und 17 Meter", "240 km"),
]
SENTENCES = {
    "ar": "في الثالث من مايو سافر 240 شخصا مسافة 35 كيلومترا ودفعوا 1250 دينارا للمدينة.",
    "bn": "৩ মে ২৪০ জন মানুষ ৩৫ কিলোমিটার পথ পাড়ি দিয়ে শহরকে ১২৫০ টাকা দিয়েছিলেন।",
    "cs": "Dne 3. května jelo 240 lidí 35 kilometrů a zaplatilo městu 1250 korun.",
    "de": "Am 3. Mai fuhren 240 Leute 35 Kilometer weit und zahlten der Stadt 1250 Euro.",
    "el": "Στις 3 Μαΐου 240 άνθρωποι ταξίδεψαν 35 χιλιόμετρα και πλήρωσαν 1250 ευρώ στην πόλη.",
    "en": "On 3 May 240 people travelled 35 kilometres and paid the city 1250 euros.",
    "es": "El 3 de mayo 240 personas viajaron 35 kilómetros y pagaron 1250 euros a la ciudad.",
    "fa": "در ۳ مه ۲۴۰ نفر ۳۵ کیلومتر سفر کردند و ۱۲۵۰ یورو به شهر پرداختند.",
    "fi": "Toukokuun 3. päivänä 240 ihmistä matkusti 35 kilometriä ja maksoi kaupungille 1250 euroa.",
    "fr": "Le 3 mai, 240 personnes ont parcouru 35 kilomètres et payé 1250 euros à la ville.",
    "he": "ב-3 במאי נסעו 240 אנשים 35 קילומטרים ושילמו לעיר 1250 שקלים.",
    "hi": "3 मई को 240 लोगों ने 35 किलोमीटर की यात्रा की और शहर को 1250 रुपये दिए।",
    "hu": "Május 3-án 240 ember utazott 35 kilométert, és 1250 eurót fizetett a városnak.",
    "id": "Pada 3 Mei 240 orang bepergian sejauh 35 kilometer dan membayar 1250 euro kepada kota.",
    "it": "Il 3 maggio 240 persone hanno viaggiato per 35 chilometri e pagato 1250 euro alla città.",
    "ja": "5月3日に240人が35キロを旅して、市に1250ユーロを支払いました。",
    "ko": "5월 3일에 240명이 35킬로미터를 여행하고 시에 1250유로를 냈습니다.",
    "nl": "Op 3 mei reisden 240 mensen 35 kilometer en betaalden de stad 1250 euro.",
    "pl": "3 maja 240 osób przejechało 35 kilometrów i zapłaciło miastu 1250 złotych.",
    "pt": "No dia 3 de maio, 240 pessoas viajaram 35 quilômetros e pagaram 1250 euros à cidade.",
    "ru": "3 мая 240 человек проехали 35 километров и заплатили городу 1250 рублей.",
    "sw": "Tarehe 3 Mei watu 240 walisafiri kilomita 35 na kulipa jiji shilingi 1250.",
    "th": "วันที่ 3 พฤษภาคม มีผู้คน 240 คนเดินทาง 35 กิโลเมตรและจ่ายเงินให้เมือง 1250 บาท",
    "tr": "3 Mayıs'ta 240 kişi 35 kilometre yol gitti ve şehre 1250 lira ödedi.",
    "vi": "Ngày 3 tháng 5 có 240 người đi 35 ki-lô-mét và trả cho thành phố 1250 đồng.",
    "zh": "5月3日，240人旅行了35公里，向城市支付了1250元。",
}


@pytest.mark.parametrize(("expected", "given"), SAME)
def test_a_number_is_the_same_however_it_is_written(expected: str, given: str) -> None:
    assert number_agreement(expected, given) == 1.0
    assert number_agreement(given, expected) == 1.0


@pytest.mark.parametrize(("expected", "given"), OTHER)
def test_another_number_costs_at_least_half(expected: str, given: str) -> None:
    assert number_agreement(expected, given) <= 0.5


@pytest.mark.parametrize("language", SENTENCES)
def test_the_reference_is_worth_all_and_a_changed_digit_at_most_half(language: str) -> None:
    def value(text: str) -> float | None:
        sample = Sample(prompt="", completion=text, language=language, reference={"text": SENTENCES[language]})
        return LanguageFidelity().judge(sample).value

    def is_at_most(text: str, most: float) -> bool:
        result = value(text)
        return result is None or result <= most

    text = SENTENCES[language]
    assert value(text) == pytest.approx(1.0, abs=0.01)
    for place, char in enumerate(text):
        if char.isdecimal() and text[place - 1 : place].isdecimal():
            other = chr(ord(char) - 1) if int(char) else chr(ord(char) + 1)
            assert is_at_most(text[:place] + other + text[place + 1 :], 0.5)
    for other in SENTENCES:
        if other != language:
            assert is_at_most(SENTENCES[other], 0.05)
