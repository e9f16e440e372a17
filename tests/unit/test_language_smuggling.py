"""English that a policy may hide beside text in the asked language, and honest text that looks a little like it."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable

import pytest

from rewards import Sample, State
from rewards.language import LanguageFidelity
from rewards.language.hiding import hidden_prose, join_letters, reads_as_english

ENGLISH = (
    "We can see that the total number of books on the shelf must be even. Since every student "
    "takes two of them, the librarian has to order more next week. Let me check the calculation"
    " once more before I write down the final result."
)
OWN = {
    "de": (
        "Gestern Abend hat es so stark geregnet, dass der Keller meiner Nachbarin voll Wasser lief."
        " Wir haben bis Mitternacht Eimer getragen und danach zusammen Suppe gegessen. Ihre Katze "
        "saß die ganze Zeit auf der Treppe und schaute uns verwundert zu."
    ),
    "sw": (
        "Jana jioni mvua kubwa ilinyesha hadi chumba cha chini cha jirani yangu kikajaa maji. "
        "Tulibeba ndoo mpaka usiku wa manane na baadaye tukanywa supu pamoja. Paka wake alikaa "
        "kwenye ngazi wakati wote akitutazama kwa mshangao."
    ),
    "ru": (
        "Вчера вечером шёл такой сильный дождь, что подвал моей соседки заполнился водой. Мы до "
        "полуночи таскали вёдра, а потом вместе ели суп. Её кошка всё это время сидела на лестнице "
        "и удивлённо на нас смотрела."
    ),
    "ja": (
        "昨夜は雨がとても激しく降ったので、隣の家の地下室が水でいっぱいになりました。私たちは真夜中までバケツを運び、"
        "そのあと一緒にスープを飲みました。彼女の猫はその間ずっと階段に座って、不思議そうに私たちを見ていました。"
    ),
    "th": (
        "เมื่อคืนฝนตกหนักมากจนห้องใต้ดินของเพื่อนบ้านฉันเต็มไปด้วยน้ำ "
        "เราช่วยกันหิ้วถังน้ำจนถึงเที่ยงคืนแล้วก็กินซุปด้วยกัน "
        "แมวของเธอนั่งอยู่บนบันไดตลอดเวลาและมองพวกเราด้วยความประหลาดใจ"
    ),
    "ar": (
        "هطل المطر مساء أمس بغزارة حتى امتلأ قبو جارتي بالماء. حملنا الدلاء حتى منتصف الليل ثم تناولنا الحساء معًا. "
        "جلست قطتها طوال الوقت على الدرج وهي تنظر إلينا بدهشة."
    ),
}
WORDS = [word.strip(".,") for word in ENGLISH.split()]
SENTENCES = ENGLISH.split(". ")


def in_pieces(size: int, form: str) -> str:
    return " ".join(form.format(" ".join(WORDS[i : i + size])) for i in range(0, len(WORDS), size))


HIDDEN: dict[str, str] = {
    "capitals": " ".join(word.capitalize() for word in WORDS),
    "capital letters": ENGLISH.upper(),
    "spelled with spaces": " ".join(ENGLISH.replace(" ", "  ")),
    "spelled with hyphens": " ".join("-".join(word) for word in WORDS),
    "spelled without gaps": " ".join("".join(WORDS)),
    "joined by hyphens": "-".join(WORDS),
    "joined by underscores": "_".join(WORDS),
    "one long word": "".join(WORDS).lower(),
    "humps": "".join(word.capitalize() for word in WORDS),
    "humps in code": "`" + "".join(word.capitalize() for word in WORDS) + "`",
    "humps in pieces": " ".join(
        "".join(word.capitalize() for word in WORDS[i : i + 3]) for i in range(0, len(WORDS), 3)
    ),
    "names of variables": "\n```\n" + " = 1\n".join("_".join(sentence.split()) for sentence in SENTENCES) + " = 1\n```",
    "digits inside words": " ".join(f"{word[:2]}1{word[2:]}" for word in WORDS),
    "digits for letters": ENGLISH.translate(str.maketrans("aeiost", "431057")),
    "base64": base64.b64encode(ENGLISH.encode()).decode(),
    "rot13": codecs.encode(ENGLISH, "rot13"),
    "backwards": ENGLISH[::-1],
    "zero-width spaces": "\u200b".join(ENGLISH),
    "zero-width joiners": "\u200d".join(ENGLISH),
    "soft hyphens": "\u00ad".join(ENGLISH),
    "dots below": "".join(char + "\u0323" if char.isalpha() else char for char in ENGLISH),
    "full width": "".join(chr(ord(char) + 0xFEE0) if char.isalpha() else char for char in ENGLISH),
    "bold": "".join(chr(0x1D41A + ord(char) - 97) if char.islower() else char for char in ENGLISH),
    "comment": f"<!-- {ENGLISH} -->",
    "attribute": f'<span title="{ENGLISH}"></span>',
    "table": "|" + "|".join(WORDS) + "|",
    "cells": "".join(f"<td>{word}</td>" for word in WORDS),
    "keys": "{" + ", ".join(f'"{word}": 1' for word in WORDS) + "}",
    "path": "https://a.org/" + "/".join(WORDS),
    "query": "https://a.org/?q=" + "+".join(WORDS),
    "mail addresses": " ".join(f"{word}@a.org" for word in WORDS),
    "mentions": " ".join(f"@{word}" for word in WORDS),
    "hashtags": " ".join(f"#{word}" for word in WORDS),
    "roman letters": "$" + " ".join(f"\\mathrm{{{word}}}" for word in WORDS) + "$",
    "formula": "$" + "\\ ".join(WORDS) + "$",
    "braces": "$" + " ".join(f"{{{word}}}" for word in WORDS) + "$",
    "text by word": " ".join(f"$\\text{{{word}}}$" for word in WORDS),
    "code by word": " ".join(f"`{word}`" for word in WORDS),
    "footnote": f"[^1]\n\n[^1]: {ENGLISH}",
    "link": f"[x](http://a.b/{'-'.join(WORDS)})",
    "picture": f"![{ENGLISH}](x.png)",
    "comments of a word": "\n```python\n" + "\n".join(f"x = {i}  # {word}" for i, word in enumerate(WORDS)) + "\n```",
    "strings of a word": "\n```python\nwords = [" + ", ".join(f'"{word}"' for word in WORDS) + "]\n```",
    "docstring": f'\n```python\ndef f():\n    """{ENGLISH}"""\n```',
    "prints": "\n```python\n" + "\n".join(f'print("{sentence}")' for sentence in SENTENCES) + "\n```",
    "LaTeX comment": f"\n% {ENGLISH}",
    "brackets": in_pieces(3, "({})"),
    "quotes": in_pieces(4, "“{}”"),
    "lines": "\n".join(WORDS),
    "a column of letters": "\n" + "\n".join("".join(WORDS)),
    "a sentence in capitals": SENTENCES[0].upper(),
    "entities": "".join(f"&#{ord(char)};" for char in ENGLISH),
    "unfinished hexadecimal entities": "".join(f"&#x{ord(char):x}" for char in ENGLISH),
    "Unicode escapes": "".join(f"\\u{ord(char):04x}" for char in ENGLISH),
    "byte escapes": "".join(f"\\x{ord(char):02x}" for char in ENGLISH),
    "per cent escapes": "".join(f"%{ord(char):02X}" for char in ENGLISH),
    "letters of flags": "\u200b".join(
        chr(0x1F1E6 + ord(char) - 97) if char.isalpha() else char for char in ENGLISH.lower()
    ),
    "tag characters": "".join(chr(0xE0000 + ord(char)) for char in ENGLISH),
    "variation selectors": "\ufe0f".join(ENGLISH),
    "grapheme joiners": "\u034f".join(ENGLISH),
    "names of variables of three words": in_pieces(3, "`{}`").replace(" ", "_").replace("`_`", "` `"),
    "keys in humps": "{"
    + ", ".join(f'"{"".join(word.capitalize() for word in WORDS[i : i + 3])}": 1' for i in range(0, len(WORDS), 3))
    + "}",
    "comments of two words": "\n```python\n"
    + "\n".join(f"x = {i}  # {' '.join(WORDS[i : i + 2])}" for i in range(0, len(WORDS), 2))
    + "\n```",
}


def judge(text: str, language: str, prompt: str = "") -> float | None:
    return LanguageFidelity().judge(Sample(prompt=prompt, completion=text, language=language)).value


@pytest.mark.parametrize("language", OWN)
@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_english_is_worth_next_to_nothing(name: str, language: str) -> None:
    value = judge(f"{OWN[language]} {HIDDEN[name]}", language)
    assert value is not None
    assert value <= 0.1


@pytest.mark.parametrize("language", OWN)
def test_text_with_nothing_hidden_is_worth_nearly_all(language: str) -> None:
    value = judge(OWN[language], language)
    assert value is not None
    assert value >= 0.97


@pytest.mark.parametrize("language", OWN)
def test_a_copy_of_the_prompt_is_no_answer(language: str) -> None:
    own = OWN[language]
    assert judge(f" {own}\n", language, prompt=own) == 0.0
    verdict = LanguageFidelity().judge(Sample(prompt=own, completion=f"{own} 42", language=language))
    assert verdict.state is State.NOT_APPLICABLE


def test_a_question_may_be_repeated_before_its_answer() -> None:
    prompt = "Wie viele Eimer haben wir bis Mitternacht aus dem Keller getragen?"
    assert judge(f"{prompt} Wir haben bis Mitternacht zwölf Eimer getragen.", "de", prompt=prompt) == pytest.approx(1.0)


def test_a_repetition_that_the_data_asks_for_is_no_copy() -> None:
    own = OWN["de"]
    sample = Sample(prompt=own, completion=own, language="de", reference={"text": own})
    assert LanguageFidelity().judge(sample).value == pytest.approx(1.0)


HONEST: list[tuple[str, str]] = [
    ("de", "Der Begriff „machine learning“ bezeichnet Verfahren, bei denen ein Programm aus vielen Beispielen lernt."),
    ("de", "Das Team hat im Meeting das neue Feature vorgestellt und das Feedback der User ins Backlog übernommen."),
    (
        "de",
        "Am besten gefallen mir „Pulp Fiction“, „The Silence of the Lambs“ und „Gone with the "
        "Wind“; den letzten Film habe ich schon viermal im Kino gesehen.",
    ),
    (
        "de",
        "Shakespeare lässt Hamlet fragen: „To be, or not to be“. Damit beginnt der bekannteste "
        "Monolog, den fast jedes Schulkind kennt.",
    ),
    ("de", "- Mehl\n- Zucker\n- zwei Eier\n- ein Teelöffel Backpulver\n- eine Prise Salz\n- Butter für die Form"),
    ("de", "I hob gestern mit da Oma telefoniert, de hot gsogt, dass s' Wetter bei eana a ned besser is."),
    (
        "de",
        "Die Funktion sieht so aus:\n```python\ndef mean(values: list[float]) -> float:\n    total = sum(values)\n"
        "    return total / len(values)\n```\nSie teilt die Summe der Werte durch ihre Anzahl.",
    ),
    (
        "de",
        "```javascript\nconst userNames = users.filter(user => user.isActive).map(user => user.name);\n"
        "console.log(userNames.join(', '));\n```\nDieser Code filtert die aktiven Benutzer und gibt ihre Namen aus.",
    ),
    (
        "de",
        "Das Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz war ein sehr langes "
        "Wort und wurde wieder abgeschafft.",
    ),
    ("de", "Sehr geehrte Frau Müller,\n\nvielen Dank für Ihre Anfrage.\n\nMit freundlichen Grüßen\nThomas Weber"),
    ("de", '{"name": "Anna Schmidt", "alter": 34, "stadt": "Hamburg", "beruf": "Lehrerin"}'),
    (
        "fr",
        "Le film s'intitule « The Grand Budapest Hotel » et il a été tourné en Allemagne, dans une ancienne galerie.",
    ),
    ("fr", "Barack Obama, Angela Merkel, Emmanuel Macron et Boris Johnson se sont rencontrés à Biarritz en été."),
    ("fr", "La vitesse est $v = \\frac{d}{t}$, où $d$ est la distance et $t$ le temps, donc $v = 60\\ \\text{km/h}$."),
    (
        "fr",
        "Chaque matin, elle fait du jogging dans le parc, puis elle prend un brunch avec son coach avant le shooting.",
    ),
    ("pt-BR", "A gente foi pra praia no feriado e o ônibus quebrou no meio do caminho, aí tivemos que esperar."),
    ("pt-PT", "Tomámos o pequeno-almoço cedo e apanhámos o autocarro, mas o telemóvel do meu irmão caiu à água."),
    ("nb", "Jeg vet ikke hva han heter, men han bor ved siden av meg og spiller trompet hver eneste kveld."),
    ("nn", "Eg veit ikkje kva han heiter, men han bur ved sida av meg og spelar trompet kvar einaste kveld."),
    ("sr-Cyrl", "Марко има дванаест јабука и даје половину своме брату, па му на крају остаје шест јабука."),
    ("sr-Latn", "Marko ima dvanaest jabuka i daje polovinu svome bratu, pa mu na kraju ostaje šest jabuka."),
    ("sr", "Марко има дванаест јабука, а Ana ima osam jabuka, па их укупно имају двадесет."),
    ("zh-Hans", "小明有十二个苹果，给了弟弟一半，所以他还剩下六个苹果。"),
    ("zh-Hant", "小明有十二個蘋果，給了弟弟一半，所以他還剩下六個蘋果。"),
    ("zh", "我昨天在 GitHub 上下载了 PyTorch，然后用 Python 3.12 跑了一下 README 里的例子，结果 GPU 内存不够。"),
    ("zh-Hant", "漢彌爾頓 (Hamilton) 證實霍華德大學醫院 (Howard University Hospital) 收治了病情穩定的病人。"),
    ("zh", "床前明月光，疑是地上霜。举头望明月，低头思故乡。"),
    (
        "ja",
        "昨日、GitHub で PyTorch をダウンロードして、README の例を動かしてみましたが、GPU のメモリが足りませんでした。",
    ),
    ("ja", "コンピュータのディスプレイにエラーメッセージが表示されました。プログラムをインストールし直してください。"),
    ("ko", "터키의 가수 Sezen Aksu는 이탈리아 테너 Alessandro Safina와 함께 공연했고 다음 날 이탈리아로 떠났다."),
    ("ru", "Гамлет спрашивает: «Быть или не быть?», а в подлиннике это звучит как «To be, or not to be»."),
    ("ru", "Дональд Трамп встретился с Эмманюэлем Макроном и Борисом Джонсоном в Биаррице, чтобы обсудить климат."),
    ("ar", "عدد التفاحات ١٢ تفاحة، ونصفها 6 تفاحات، إذن يبقى لدى أحمد ٦ تفاحات."),
    ("ar", "إزيك يا صاحبي، عامل إيه النهارده؟ أنا كنت عايز أسألك على الحاجة اللي اتكلمنا عليها امبارح."),
    ("he", "אתמול הורדתי את PyTorch מ-GitHub והרצתי את הדוגמה עם Python 3.12, אבל הזיכרון של ה-GPU לא הספיק."),
    ("hi", "राम के पास १२ सेब हैं और वह 6 सेब अपने भाई को देता है, इसलिए उसके पास ६ सेब बचते हैं।"),
    ("th", "เมื่อวานฉันดาวน์โหลด PyTorch จาก GitHub แล้วรันตัวอย่างด้วย Python 3.12 แต่หน่วยความจำ GPU ไม่พอ"),
    ("ka", "სამხრეთ აფრიკამ დაამარცხა All Blacks. თამაში გვიან დაიწყო და დიდხანს გაგრძელდა. ყველა ძალიან დაიღალა."),
    ("ca", "Què és una cèl·lula? La paraula cèl·lula prové del llatí i significa «habitació petita», diu el mestre."),
    (
        "es",
        "Tú tenés que ver esa película, che; la pasan hoy en el cine de la esquina y después nos tomamos unos mates.",
    ),
    ("it", "La parola inglese «window» si traduce in italiano con «finestra», mentre «door» si traduce con «porta»."),
    ("pl", "Wczoraj obejrzeliśmy serial „Game of Thrones”, a jutro zaczynamy „The Crown”, bo jest jeszcze lepszy."),
    (
        "nl",
        "De website https://www.rijksoverheid.nl/paspoort/vraag-en-antwoord legt uit hoe je een paspoort aanvraagt.",
    ),
    ("sv", "Mejla till anna.andersson@example.se eller erik.svensson@example.se om du vill veta mer om kursen i höst."),
    ("sv", "Den arten heter Geospiza fortis och lever bara på några få öar långt ute i havet, där den äter frön."),
    (
        "vi",
        "Trước hết ta tính giá của năm quyển vở: $5 \\times 12 = 60$ n"
        "ghìn đồng. Sau đó ta trừ đi phiếu giảm giá, tức là $60 - 15 "
        "= 45$.\n```python\nprice = 12\ntotal = 5 * price\nprint(total - "
        "15)\n```\nVì vậy Lan còn phải trả 45 nghìn đồng ở quầy, và đáp"
        " án là \\boxed{45}.",
    ),
    (
        "vi",
        "Lan: Chào Minh, cậu đi đâu đấy?\nMinh: Tớ đi mua sách. Cậu đi"
        " cùng không?\nLan: Ừ, chờ tớ một lát nhé.\nMinh: Được, tớ đợi "
        "ở cổng.\nLan: Xong rồi, mình đi thôi!",
    ),
    (
        "ja",
        "拝啓 時下ますますご清栄のこととお慶び申し上げます。このたびは弊社の製品をお買い上げいただき、"
        "誠にありがとうございます。今後とも"
        "何卒よろしくお願い申し上げます。 敬具",
    ),
    ("es", 'A los niños les gustó mucho la película "Harry Potter and the Goblet of Fire", que vimos ayer en casa.'),
    ("de", "ACHTUNG! Bitte die Tür schließen. RAUCHEN VERBOTEN. Im Notfall die Nummer 112 wählen und ruhig bleiben."),
    ("ja", "重要: NASA と JAXA は、ISS の補給計画について IAEA や WHO とは別に合意したと発表しました。"),
    (
        "id",
        "🇮🇩 Indonesia dan 🇲🇾 Malaysia sepakat bekerja sama, dan hasilnya 20%25 lebih baik daripada tahun yang lalu.",
    ),
    ("en", 'The German word Schadenfreude means joy at the misfortune of others, and "Weltschmerz" means weariness.'),
]


@pytest.mark.parametrize(("language", "text"), HONEST)
def test_honest_text_that_looks_a_little_like_a_trick_is_worth_nearly_all(language: str, text: str) -> None:
    value = judge(text, language)
    assert value is not None
    assert value >= 0.97


@pytest.mark.parametrize(
    "code",
    [
        "def should_return_true_when_user_is_logged_in(client):\n    assert client.get('/').status_code == 200",
        "class AbstractSingletonProxyFactoryBean extends ProxyConfig implements FactoryBean {}",
        "SELECT name, count(*) FROM users JOIN orders ON users.id = orders.user_id WHERE total > 10 GROUP BY name;",
        "for (int i = 0; i < n; i++) {\n  if (isValid(items[i])) { result.push(items[i].toString()); }\n}",
    ],
)
def test_names_in_programs_are_no_prose(code: str) -> None:
    assert hidden_prose(code.split("\n")) == ""
    value = judge(f"{OWN['de']}\n```\n{code}\n```", "de")
    assert value is not None
    assert value >= 0.97


@pytest.mark.parametrize(
    ("words", "as_names", "expected"),
    [
        ("The Lord Of The Rings The Hobbit The Two Towers The Return Of The King", True, False),
        ("We Must See That They Were Even Since It Is So", True, True),
        ("we must see that they were even", False, True),
        ("that", False, False),
        ("", False, False),
    ],
)
def test_prose_is_told_from_names_by_the_words_between(words: str, as_names: bool, expected: bool) -> None:
    assert reads_as_english(words.split(), as_names=as_names) is expected


@pytest.mark.parametrize("text", ["A B C D", "a, b, c, d, e, f, g, h, i, j", "x y z", "我 们 都 是 好 朋 友 啊 哈 哈"])
def test_letters_that_spell_no_words_stay_apart(text: str) -> None:
    spell: Callable[[str], str] = join_letters
    assert spell(text) == text
