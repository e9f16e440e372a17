# ruff: noqa: RUF001, RUF002  (letters of other scripts)
"""Multiple-choice letters as other languages name them: `la opción B`, `故选B项`, `الخيار (ب)`, `①번`, `ข้อ ค`."""

from __future__ import annotations

import re
import unicodedata

from rewards.math.alternatives import Alternatives
from rewards.math.connectives import AND_AMONG_LETTERS, OR_AMONG_LETTERS
from rewards.math.denials import DENIED, HEDGED
from rewards.math.hearsay import REJECTED, REJECTED_IN_A_WORD
from rewards.math.refusals import WRONG, WRONG_IN_A_WORD
from rewards.math.scruples import IRREALIS

# The first letters of each script that numbers its choices; "-" where one could also be another letter.
_ALPHABETS = (
    "أبجده",
    "ابجده",
    "אבגדה",
    "ΑΒΓΔΕ",
    "АБ-ГД",
    "कखगघङ",
    "কখগঘঙ",
    "કખગઘઙ",
    "กขคงจ",
    "ㄱㄴㄷㄹㅁ",
    "가나다라마",
    "アイウエオ",
    "甲乙丙丁戊",
    "①②③④⑤",
    "ＡＢＣＤＥ",
    "ⒶⒷⒸⒹⒺ",
)
_LOCAL = {
    char: latin for letters in _ALPHABETS for char, latin in zip(letters, "ABCDE", strict=True) if char != "-"
} | {"С": "C", "الف": "A", "ਉ": "A"}
_OPTION = (
    "option|choice|letter|answer|opción|opcion|alternativa|letra|inciso|opção|opzione|scelta|choix|réponse"
    "|respuesta|resposta|risposta"
    "|antwort|auswahl|möglichkeit|optie|antwoord|keuze|alternativ|svar|svaret|valg|mulighed|vaihtoehto|vastaus"
    "|opcja|odpowiedź|możnost"
    "|možnost|odpověď|odpoveď|opcija|odgovor|varianta|variantă|răspunsul|răspuns|opțiunea|válasz|lehetőség"
    "|seçenek|şık|cevap|cavab|yanıt"
    "|вариант|варіант|опция|отговор|ответ|відповідь|одговор|жауап|нұсқа|επιλογή|απάντηση|pilihan|opsi|jawaban"
    "|jawabannya|jawapan"
    "|lựa chọn|phương án|đáp án|câu|chaguo|jibu|sagot|opsyon|javob|variant|opció|erantzuna|aukera|atsakymas"
    "|variants|atbilde"
    "|الخيار|خيار|الإجابة|الاجابة|الجواب|جواب|گزینه|پاسخ|آپشن|انتخاب|תשובה|התשובה|אפשרות"
    "|विकल्प|उत्तर|पर्याय|বিকল্প|উত্তর|વિકલ્પ|જવાબ|ਵਿਕਲਪ|ਜਵਾਬ|விருப்பம்|விடை|பதில்|ఎంపిక|సమాధానం|జవాబు|ಆಯ್ಕೆ"
    "|ಉತ್ತರ|ഓപ്ഷൻ|ഉത്തരം"
    "|ตัวเลือก|ข้อ|คำตอบ|ຄຳຕອບ|ຂໍ້|ចម្លើយ|ជម្រើស|အဖြေ|ရွေးချယ်စရာ|选项|選項|选|選|答案|选择|選択肢|答え|正解"
    "|解答|보기|정답|답|번호|선택지"
    "|lösung|solución|soluzione|solução|rozwiązanie|řešení|решение|розв'язок|oplossing|løsning|lösning"
    "|ratkaisu|çözüm"
    "|chọn|elijo|escojo|marco|wähle|choisis|scelgo|kies|wybieram|välj|velg|выбираем|выбираю|обираю"
    "|seçiyoruz|pilih"
    "|เลือก|ตอบ|اختر|نختار|انتخاب|בחר|पसंद"
    "|პასუხი|ვარიანტი|պատասխան|տարբերակ|መልሱ|ምርጫ"
)
_RIGHT = (
    "wariant|correct|corrett|верн|правильн|richtig|poprawn|správn|tačn|točn|juist|doğru|düzgün|helyes|riktig"
    "|rätt|oikea|σωστ|benar|đúng"
    "|صحيح|درست|صحیح|נכונ|सही|योग्य|সঠিক|ถูก|正し|正确|正確|옳|맞"
)
_HAS_OPTION = re.compile(f"{_OPTION}|{_RIGHT}", re.IGNORECASE)
_EDGE = r"A-Za-z\u00c0-\u024f\u1e00-\u1eff'\u2019\d\\_^"
_END = r"(?![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d\\_^])(?!['\u2019](?!d|t|y))"  # Turkish writes D'dir
_LATIN = rf"(?<![{_EDGE}.])[A-J]{_END}(?!\s?[=+<>*/^])"
_MARKED = re.compile(
    rf"(?:{_OPTION})[\s:\uff1a\"'«“„*_$(\[\u300c（-]{{0,5}}(?P<near>[A-J]){_END}"
    rf"|[(\[（]\s?(?P<bracketed>\w{{1,3}})\s?[)\]）]|(?P<sign>[①②③④⑤ⒶⒷⒸⒹⒺ])",
    re.IGNORECASE,
)
_SMALL = re.compile(
    r"(?:[:(\uff1a]\s?\**([a-eа-д])\**\)?|(?:[\u2014\u2013-]|\b(?:es|est|este|ist|è|é|to|är|er|on|je|là"
    r"|adalah))\s\(?([a-eа-д])\))\.?$"
)
_SMALL_LOCAL = str.maketrans("абвгд", "abcde")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ALONE = re.compile(_LATIN)
_ARTICLE = re.compile(
    rf"(?:^|[.!?]\s+)[AEI]\s+(?!(?:{OR_AMONG_LETTERS}|{AND_AMONG_LETTERS})\s)(?=[a-z\u00e0-\u024f])"
    r"|\b[AEI]\s+(?=(?:resposta|válasz|correct|right|the)\b)"
)
_LOCAL_ALONE = re.compile(r"(?<!\w)(?:[^\W\dA-Za-z_]|الف)(?!\w)")
_CLAUSE = re.compile(r"[.!?;](?=\s|$)|[,،、，](?=\D)|[\n。！？；।،۔]")


_LOOK_ALIKE = str.maketrans("АВСЕ", "ABCE")


def with_latin_capitals(text: str) -> str:
    """A text that holds no Cyrillic but capitals that look Latin, with the Latin ones.

    >>> with_latin_capitals("The answer is \u0412."), with_latin_capitals("Ответ: В")
    ('The answer is B.', 'Ответ: В')
    """
    looks = text.translate(_LOOK_ALIKE)
    return text if looks == text or _CYRILLIC.search(looks) else looks


def local_letter(text: str) -> str | None:
    """The Latin letter that a short answer in another script is: its place in that alphabet.

    >>> local_letter("(ب)"), local_letter("Б"), local_letter("③번"), local_letter("и")
    ('B', 'B', 'C', None)
    """
    bare = text.strip(" .()[]（）「」*_$\"'«»:।。،").removesuffix("번").removesuffix("項").removesuffix("项").strip()
    return _LOCAL.get(bare)


def latin_gold(gold: str) -> str:
    """A gold choice in its Latin letter, where it is a letter of another alphabet; any other gold as it is.

    >>> latin_gold("ب"), latin_gold("(Γ)"), latin_gold("12")
    ('B', 'C', '12')
    """
    return gold if gold.isascii() else local_letter(gold) or gold


def names_options(text: str) -> bool:
    """Whether a text speaks of choices in a way that `option_letter` reads.

    >>> names_options("选A，不选B。"), names_options("Das ist A.")
    (True, False)
    """
    return _HAS_OPTION.search(text) is not None


REFUSED = Alternatives(
    f"{'|'.join(WRONG.values())}|{REJECTED}|fails?|overcounts?|undercounts?|sai|loại|valt (?:af|weg)|vallen af"
    f"|fällt (?:weg|aus|raus)"
    "|fallen weg|faller (?:bort|av)|går bort|falder (?:væk|bort)|utesluts|udelukkes|utelukkes|putoaa|karsiutuu"
    "|langeb ära|odpadá|odpada"
    "|kiesik|cade|se elimină|cad|elenir|uymaz|tutmaz|отпадает|не годится|відпадає|отпада|отпаѓа|отпада|tombe"
    "|convient pas|se descarta"
    "|queda descartad[ao]|cai fora|va scartat[ao]|si scarta|aquedará fóra|queda fora|πέφτει έξω|απορρίπτεται"
    "|نستبعد\\w*|مستبعد\\w*"
    "|حذف می\\S*|נופלת?|gugur|tereliminasi",
    f"{WRONG_IN_A_WORD}|{REJECTED_IN_A_WORD}|排除|不符|不合|淘汰|誤り|違う|違い|消去|除外|제외|탈락|아니|खारिज|गलत|ตัดทิ้ง|ตัดออก",
)
"""What drops a choice."""


def option_letter(text: str) -> str | None:
    """The only letter that the last clause with one names as a choice; None where it names two, or denies its one.

    >>> option_letter("Правильный ответ — C."), option_letter("A resposta é a alternativa D."), option_letter("B o C")
    ('C', 'D', None)
    """
    if not _HAS_OPTION.search(text):
        return None
    for clause in reversed(_CLAUSE.split(_without_reason(text[-300:]))):
        letters = _letters(_ARTICLE.sub(" ", clause))
        if letters and not any(words.search(clause) for words in (DENIED, REFUSED, IRREALIS)):
            return letters.pop() if len(letters) == 1 and not HEDGED.search(clause) else None
    small = _SMALL.search(text)
    return (small[1] or small[2]).translate(_SMALL_LOCAL).upper() if small else None


_CHOOSES = Alternatives(
    r"(?:i|we|i['’]ll|i['’]d|so) (?:(?:will|would|now|therefore|finally) )*(?:choose|pick|select|go with|go for)"
    r"|chọn|elijo|elegimos|escojo"
    r"|me quedo con|escolho|wähle|wählen wir|nehme|choisis|choisissons|scelgo|scegliamo|kies|kiezen we"
    r"|wybieram\w*|väljer|velger"
    r"|vælger|vel|valitsen|valitsemme|valin|vybírám|volím|vyberám|vyberáme|biram\w*|izberem\w*|бирам\w*|выбира\w+|обира\w+"
    r"|избирам\w*|választ\w+|aleg|alegem|επιλέγ\w+|διαλέγ\w+|seçiyor\w*|seçirəm|таңдаймын|tanlayman|pilih"
    r"|memilih|kami pilih"
    r"|ninachagua|tunachagua|chagua|pipiliin ko|pinipili ko|أختار|نختار|اخترت|انتخاب می\S*|منتخب کرتا|בוחר\w*"
    r"|בחרתי|trio|escullo"
    r"|aukeratzen|zgjedh",
    "选|選|고르|고릅|선택|चुन|निवड|বেছে|เลือก|தேர்|ఎంచు|ಆಯ್ಕೆ ಮಾಡ|തിരഞ്ഞെടു|ເລືອກ|ជ្រើស|ရွေး|ვირჩევ|ընտրում|እመርጣለሁ",
)
"""Verbs of one who picks a choice."""


_PRONOUN = re.compile(r"\bI(?:['\u2019](?:ll|d))?\s+(?=[a-z])")


def later_pick(rest: str, letter: str) -> str | None:
    """The other letter that the text behind an announced one picks; None where it picks none.

    >>> later_pick(" On reflection I choose C.", "A"), later_pick(" B is too small.", "A")
    ('C', None)
    """
    for clause in reversed(_CLAUSE.split(rest[:400])):
        if _CHOOSES.search(clause) and not DENIED.search(clause) and not HEDGED.search(clause):
            letters = _letters(_PRONOUN.sub(" ", _ARTICLE.sub(" ", clause)))
            return letters.pop() if len(letters) == 1 and letter not in letters else None
    return None


_REASON = re.compile(
    r"(?:[,;(—–]\s?|\s)(?:because|since|as the others?|weil|da|denn|car|puisque|parce que|ya que|porque"
    r"|pues|dado que|puesto que|pois|já que"
    r"|visto que|uma vez que|perché|poiché|dato che|in quanto|omdat|want|aangezien|deoarece|pentru că"
    r"|fiindcă|căci|eftersom|fordi|därför att|siden"
    r"|koska|sillä|ponieważ|gdyż|bo|protože|neboť|pretože|lebo|ker|saj|jer|zato što|јер|потому что"
    r"|так как|поскольку|ибо|бо|тому що|оскільки"
    r"|защото|тъй като|mert|mivel|hiszen|επειδή|γιατί|διότι|καθώς|çünkü|zira|karena|sebab|kerana|vì"
    r"|bởi vì|do|dahil|sapagkat|kasi|kwa sababu|kwani"
    r"|perquè|ja que|لأن\w*|حيث|إذ|زیرا|چون|چرا که|کیونکہ|כי|מכיוון ש\w*|משום ש\w*|क्योंकि|कारण|কারণ"
    r"|ஏனெனில்|ఎందుకంటే)\s"
    r"|因为|因為|由于|由於|なぜなら|왜냐하면|เพราะ",
    re.IGNORECASE,
)
"""What opens the reason for a choice, which may name the other ones."""

_NEXT = re.compile(r"[.!?](?=\s+\S)|[。！？।](?=\s*\S)")


def _without_reason(text: str) -> str:
    """A text up to the reason that it ends with, where a choice is named before that.

    >>> _without_reason("Es la C, ya que A y B no valen."), _without_reason("Porque sí, es la C.")
    ('Es la C', 'Porque sí, es la C.')
    """
    reason = _REASON.search(text)
    if reason is None or _NEXT.search(text, reason.end()) or not _letters(_ARTICLE.sub(" ", text[: reason.start()])):
        return text
    return text[: reason.start()]


def _letters(clause: str) -> set[str]:
    """The letters that a clause marks as choices, else those that stand alone in it."""
    marked = set()
    for match in _MARKED.finditer(clause):
        named = match["near"] or match["bracketed"] or match["sign"]
        letter = named if named in set("ABCDEFGHIJ") else _LOCAL.get(named)
        if letter:
            marked.add(letter)
    alone = {match[0] for match in _ALONE.finditer(clause)}
    local = {
        _LOCAL[match[0]]
        for match in _LOCAL_ALONE.finditer(clause)
        if match[0] in _LOCAL and not _has_mark(clause[match.end() : match.end() + 1])
    }
    return marked | alone or local


def _has_mark(behind: str) -> bool:
    """Whether a vowel's or a tone's mark follows a letter, which then is not alone; to `re` it is no letter."""
    return behind != "" and unicodedata.category(behind).startswith("M")
