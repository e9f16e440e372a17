# ruff: noqa: RUF001  (words in other scripts)
"""How people say the time of day: "halb drei", "kwart over vier", "половина четвёртого", "saa tisa alasiri".

One table per language: the words of the hours from one to twelve, variants with a bar between them, and what is said
with them. In a phrase `H` stands for an hour, in words or digits, and `M` for a number of minutes; behind it stand the
minutes that it adds to the full hour, and whether M counts forwards or backwards. Standard library only.
"""

from __future__ import annotations

from typing import NamedTuple


class Clock(NamedTuple):
    """How one language says the time."""

    hours: str
    phrases: tuple[tuple[str, int, int], ...]
    """(pattern, minutes added to the hour, sign of M)."""
    shift: int = 0
    """Hours that are added, where the day is counted from another hour."""


_SPANISH = "una|1 dos tres cuatro cinco seis siete ocho nueve diez once doce"

WESTERN_CLOCKS = {
    "en": Clock(
        "one two three four five six seven eight nine ten eleven twelve",
        (
            ("half past H", 30, 0),
            ("(?:a )?quarter (?:past|after) H", 15, 0),
            ("(?:a )?quarter (?:to|before|till|of) H", -15, 0),
            ("(?P<minute>five|ten|twenty|twenty[- ]five|\\d{1,2}) (?:past|after) H", 0, 1),
            ("M minutes (?:past|after) H", 0, 1),
            ("(?P<minute>five|ten|twenty|twenty[- ]five|\\d{1,2}) (?:to|before|till) H", 0, -1),
            ("M minutes (?:to|before|till) H", 0, -1),
            (
                "H (?:o['’]clock )?(?P<minute>(?:oh[- ](?:five|[1-9])|ten|fifteen|twenty|thirty|forty"
                "|fifty)(?:[- ]five)?)",
                0,
                1,
            ),
            ("H o['’]clock", 0, 0),
        ),
    ),
    "de": Clock(
        "eins|ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        (
            ("M (?:minuten )?vor halb H", -30, -1),
            ("M (?:minuten )?nach halb H", -30, 1),
            ("halb H", -30, 0),
            ("drei ?viertel H", -15, 0),
            ("viertel nach H", 15, 0),
            ("viertel vor H", -15, 0),
            ("viertel H", -45, 0),
            ("M (?:minuten )?nach H", 0, 1),
            ("M (?:minuten )?vor H", 0, -1),
            ("H uhr M", 0, 1),
            ("H uhr", 0, 0),
        ),
    ),
    "nl, af": Clock(
        "één|een twee drie vier vijf|vyf zes|ses zeven|sewe acht|agt negen|nege tien elf twaalf",
        (
            ("M (?:minuten )?(?:voor|vóór) half H", -30, -1),
            ("M (?:minuten )?(?:over|oor) half H", -30, 1),
            ("half ?H", -30, 0),
            ("kwart (?:over|oor|na) H", 15, 0),
            ("kwart (?:voor|vóór) H", -15, 0),
            ("M (?:minuten |minute )?(?:over|oor) H", 0, 1),
            ("M (?:minuten |minute )?(?:voor|vóór) H", 0, -1),
            ("H uur M", 0, 1),
            ("H uur", 0, 0),
        ),
    ),
    "sv, da, no": Clock(
        "ett|et två|to tre fyra|fire fem sex|seks sju|syv åtta|otte|åtte nio|ni tio|ti elva|elleve tolv",
        (
            ("M (?:minut\\w* )?(?:i|på) halv H", -30, -1),
            ("M (?:minut\\w* )?(?:över|over) halv H", -30, 1),
            ("halv ?H", -30, 0),
            ("(?:en )?(?:kvart|kvarter) (?:över|over) H", 15, 0),
            ("(?:en )?(?:kvart|kvarter) (?:i|på) H", -15, 0),
            ("M (?:minut\\w* )?(?:över|over) H", 0, 1),
            ("M (?:minut\\w* )?(?:i|på) H", 0, -1),
            ("(?:klockan|klokken|kl\\.?) H", 0, 0),
        ),
    ),
    "is": Clock(
        "eitt tvö þrjú fjögur fimm sex sjö átta níu tíu ellefu tólf",
        (
            ("hálf ?H", -30, 0),
            ("korter yfir H", 15, 0),
            ("korter í H", -15, 0),
            ("M mínútur yfir H", 0, 1),
            ("M mínútur í H", 0, -1),
            ("klukkan H", 0, 0),
        ),
    ),
    "fr": Clock(
        "une deux trois quatre cinq six sept huit neuf dix onze douze|midi|minuit",
        (
            ("H(?: heures?)? et demie?", 30, 0),
            ("H(?: heures?)? (?:et )?trois[- ]quarts", 45, 0),
            ("H(?: heures?)? et (?:un )?quart", 15, 0),
            ("H(?: heures?)? moins (?:le |un )?quart", -15, 0),
            ("H(?: heures?)? moins M", 0, -1),
            ("H heures? (?:et )?M", 0, 1),
            ("H heures?", 0, 0),
        ),
    ),
    "es": Clock(
        _SPANISH,
        (
            ("H y media", 30, 0),
            ("H y (?:un )?cuarto", 15, 0),
            ("H menos (?:un )?cuarto", -15, 0),
            ("(?:un )?cuarto para las? H", -15, 0),
            ("M (?:minutos )?para las? H", 0, -1),
            ("las? H menos M", 0, -1),
            ("las? H (?:y|con) M", 0, 1),
            ("las? H(?: en punto)?", 0, 0),
        ),
    ),
    "gl": Clock(
        "unha dúas tres catro cinco seis sete oito nove dez once doce",
        (
            ("H e media", 30, 0),
            ("H e cuarto", 15, 0),
            ("H menos cuarto", -15, 0),
            ("ás? H(?: en punto)?", 0, 0),
        ),
    ),
    "pt": Clock(
        "uma duas três|tres quatro cinco seis sete oito nove dez onze doze|meio[\\s-]dia|meia[\\s-]noite",
        (
            ("H(?: horas?)? e (?:meia|meio)", 30, 0),
            ("H(?: horas?)? e (?:um )?quarto", 15, 0),
            ("H(?: horas?)? menos (?:um )?quarto", -15, 0),
            ("(?:um )?quarto para (?:as?|o) H", -15, 0),
            ("M (?:minutos )?para (?:as?|o) H", 0, -1),
            ("H(?: horas?)? e M", 0, 1),
            ("(?:às?|as) H(?: horas?)?(?: em ponto)?", 0, 0),
        ),
    ),
    "it": Clock(
        "una due tre quattro cinque sei sette otto nove dieci undici dodici|mezzogiorno|mezzanotte tredici"
        " quattordici quindici "
        "sedici diciassette diciotto diciannove venti ventuno|ventun[ao] ventidue ventitre|ventitré ventiquattro",
        (
            ("H e mezz[ao]", 30, 0),
            ("H e (?:un )?quarto", 15, 0),
            ("H e tre quarti", 45, 0),
            ("H meno (?:un )?quarto", -15, 0),
            ("H meno M", 0, -1),
            ("(?:manca )?(?:un )?quarto (?:a|alle|all['’])\\s?H", -15, 0),
            ("mancano M (?:minuti )?(?:a|alle|all['’])\\s?H", 0, -1),
            ("(?:l['’]|alle |all['’]|le |dalle )H e M", 0, 1),
            ("(?:l['’]|alle |all['’]|le )H(?: in punto)?", 0, 0),
        ),
    ),
    "ca": Clock(
        "una dues|dos tres quatre cinc sis set vuit nou deu onze dotze",
        (
            ("tres quarts (?:de |d['’])H", -15, 0),
            ("dos quarts (?:de |d['’])H", -30, 0),
            ("un quart (?:de |d['’])H", -45, 0),
            ("les? H(?: en punt)?", 0, 0),
        ),
    ),
    "ro": Clock(
        "unu|una doi|două trei patru cinci șase|şase șapte|şapte opt nouă zece unsprezece doisprezece|douăsprezece",
        (
            ("H și jumătate", 30, 0),
            ("H și (?:un )?sfert", 15, 0),
            ("H fără (?:un )?sfert", -15, 0),
            ("H fără M", 0, -1),
            ("ora H(?: fix)?", 0, 0),
        ),
    ),
}
"""Germanic and Romance languages; the others that write words apart are in `clock_words_further`."""

DAY_PARTS = {
    "am": "in the morning|früh|morgens|vormittags|am (?:frühen )?(?:vor)?mor?(?:gen|mittag)"
    "|am vormittag|['’]s (?:ochtends|morgens)"
    "|in die oggend|soggens|på (?:morgonen|morgenen|formiddagen|förmiddagen)|om (?:morgenen|morgonen"
    "|formiddagen)"
    "|du matin|de la mañana|de la madrugada|por la mañana|da (?:manhã|mañá|madrugada)|di mattin[ao]"
    "|del mattino|del matí"
    "|dimineața|dimineaţa|rano|z rana|ráno|dopoledne|predpoludním|zjutraj|dopoldne|ujutro|ujutru"
    "|пре подне|ујутру|сутринта"
    "|утра|утром|ранку|вранці|reggel|délelőtt|aamulla|aamupäivällä|hommikul|rītā|no rīta|ryto|ryte"
    "|το πρωί|sabah\\w*|səhər"
    "|таңертең|ertalab|pagi|ng umaga|umaga|sáng|asubuhi|goizeko|დილის|դիլის|առավոտյան|á morgnana"
    "|um morguninn|صباح[اً]*|صبح"
    "|בבוקר|लवकर|सुबह|सवेरे|सकाळी|সকাল(?:ে)?|ਸਵੇਰੇ|સવારે|காலை|ఉదయం|ಬೆಳಿಗ್ಗೆ|രാവിലെ|बिहान|ตอนเช้า"
    "|โมงเช้า|午前|上午|早上|早晨|凌晨|清晨|오전"
    "|아침|새벽",
    "pm": "in the (?:late |early )?(?:afternoon|evening)|nachmittags?|am (?:späten "
    "|frühen )?nachmittag|am abend|abends"
    "|['’]s (?:middags|avonds)|smiddags|saans|in die (?:middag|aand)|på (?:eftermiddagen|ettermiddagen"
    "|kvällen|kvelden)"
    "|om (?:eftermiddagen|aftenen|ettermiddagen|kvelden|kvällen)|de l['’]après-midi|du soir"
    "|de la tardes?|de la noche"
    "|por la (?:tarde|noche)|da (?:tarde|noite)|di sera|della sera|del pomeriggio|de la tarda"
    "|del vespre|de la nit"
    "|după-amiaza|după-masă|seara|po południu|wieczorem|odpoledne|večer|popoludní|popoldne|zvečer"
    "|popodne|poslije podne"
    "|poslijepodne|navečer|uveče|по подне|поподне|увече|следобед|вечерта|вечера|дня|вечором|вечора|délután|este"
    "|iltapäivällä|illalla|õhtul|pärastlõunal|pēcpusdienā|vakarā|popiet|po pietų|vakaro|vakare|το απόγευμα"
    "|το βράδυ|το μεσημέρι|öğleden sonra|akşam\\w*|axşam|günorta\\w*|түстен кейін|кешкі|кешке"
    "|kechqurun|tushdan keyin"
    "|sore|petang|ng hapon|hapon|ng gabi|chiều|tối|alasiri|jioni|arratsaldeko|gaueko|საღამოს|დღის"
    "|երեկոյան|կեսօրից հետո"
    "|síðdegis|um kvöldið|eftir hádegi|مساء[اً]*|عصر[اً]*|بعد ?از ?ظهر|بعد الظهر|ظهر[اً]*|شب|اחر|בערב"
    "|אחר הצהריים"
    '|אחה["״]צ|שام|شام|سہ پہر|शाम|सायंकाळी|दुपारी|দুপুর(?:ে)?|বিকেল(?:ে)?|বিকাল(?:ে)?|সন্ধ্যা(?:য়)?|ਸ਼ਾਮ|સાંજે|બપોરે|மாலை'
    "|சாயங்காலம்|సాయంత్రం|మధ్యాహ్నం|ಸಂಜೆ|ಮಧ್ಯಾಹ್ನ|വൈകുന്നേരം|ഉച്ചയ്ക്ക്|बेलुका|दिउँसो|午後|下午|晚上"
    "|傍晚|夜|夕方|오후|저녁|밤",
    "noon": "mchana|siang|trưa|دوپہر|दोपहर|दुपार|中午|昼|낮|tanghali|middag",
    "night": "at night|nachts|in der nacht|['’]s nachts|på natten|om natten|du matin|di notte"
    "|della notte|de la nit|ночи|ночі"
    "|w nocy|v noci|éjjel|yöllä|öösel|gece|malam|usiku|đêm|khuya|رات|रात|রাত(?:ে)?|ರಾತ್ರಿ|இரவு|రాత్రి"
    "|രാത്രി|રાત્રે|ਰਾਤ|ليلا|ליל|בלילה",
}
"""The part of the day that is said with an hour."""
