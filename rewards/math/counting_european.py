# ruff: noqa: RUF001  (number words in other scripts)
"""Number words of European languages and Turkish, in the format of `rewards.math.counting`. Standard library only."""

from __future__ import annotations

from rewards.math.counting import Table

FIRST_TABLES: dict[str, Table] = {
    "de": (
        "eins|ein|eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
        "siebzehn achtzehn neunzehn",
        "zwanzig dreißig|dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
        "und",
        {100: "hundert", 1000: "tausend", 10**6: "million|millionen"},
    ),
    "nl": (
        "een|één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
        "zeventien "
        "achttien negentien",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        "en|ën",
        {100: "honderd", 1000: "duizend", 10**6: "miljoen"},
    ),
    "fr": (
        "un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dixsept "
        "dixhuit "
        "dixneuf",
        "vingt trente quarante cinquante soixante septante quatrevingt|huitante|octante nonante",
        "et",
        {100: "cent|cents", 1000: "mille", 10**6: "million|millions"},
    ),
    "es": (
        "uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve",
        "veinte|veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "y",
        {
            100: "cien|ciento",
            200: "doscientos|doscientas",
            300: "trescientos|trescientas",
            400: "cuatrocientos|cuatrocientas",
            500: "quinientos|quinientas",
        }
        | {
            600: "seiscientos|seiscientas",
            700: "setecientos|setecientas",
            800: "ochocientos|ochocientas",
            900: "novecientos|novecientas",
        }
        | {21: "veintiún", 22: "veintidós", 23: "veintitrés", 26: "veintiséis", 1000: "mil", 10**6: "millón|millones"},
    ),
    "it": (
        "uno|un|una due tre|tré quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici "
        "sedici diciassette diciotto diciannove",
        "venti|vent trenta|trent quaranta|quarant cinquanta|cinquant sessanta|sessant settanta|settant ottanta"
        "|ottant "
        "novanta|novant",
        "e",
        {100: "cento|cent", 1000: "mille|mila", 10**6: "milione|milioni"},
    ),
    "pt": (
        "um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze treze catorze|quatorze quinze "
        "dezesseis|dezasseis "
        "dezessete|dezassete dezoito dezenove|dezanove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        "e",
        {
            100: "cem|cento",
            200: "duzentos|duzentas",
            300: "trezentos|trezentas",
            400: "quatrocentos|quatrocentas",
            500: "quinhentos|quinhentas",
        }
        | {
            600: "seiscentos|seiscentas",
            700: "setecentos|setecentas",
            800: "oitocentos|oitocentas",
            900: "novecentos|novecentas",
        }
        | {1000: "mil", 10**6: "milhão|milhões"},
    ),
    "ru": (
        "один|одна два|две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
        "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
        "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
        "и",
        {100: "сто|ста", 200: "двести", 300: "триста", 400: "четыреста", 500: "пятьсот", 600: "шестьсот"}
        | {700: "семьсот", 800: "восемьсот", 900: "девятьсот"}
        | {1000: "тысяча|тысячи|тысяч", 10**6: "миллион|миллиона|миллионов"},
    ),
    "uk": (
        "один|одна два|дві три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять "
        "чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять",
        "двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
        "і|й",
        {100: "сто", 200: "двісті", 300: "триста", 400: "чотириста", 500: "п'ятсот", 600: "шістсот"}
        | {700: "сімсот", 800: "вісімсот", 900: "дев'ятсот", 10**6: "мільйон|мільйони|мільйонів"}
        | {1000: "тисяча|тисячі|тисяч"},
    ),
    "pl": (
        "jeden|jedna dwa|dwie trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście "
        "czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście",
        "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt",
        "i",
        {100: "sto", 200: "dwieście", 300: "trzysta", 400: "czterysta", 500: "pięćset", 600: "sześćset"}
        | {
            700: "siedemset",
            800: "osiemset",
            900: "dziewięćset",
            1000: "tysiąc|tysiące|tysięcy",
            10**6: "milion|miliony|milionów",
        },
    ),
    "tr": (
        "bir iki üç dört beş altı yedi sekiz dokuz on onbir oniki onüç ondört onbeş onaltı onyedi onsekiz ondokuz",
        "yirmi otuz kırk elli altmış yetmiş seksen doksan",
        "",
        {100: "yüz", 1000: "bin", 10**6: "milyon"},
    ),
    "sv": (
        "ett|en två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton",
        "tjugo trettio fyrtio|förtio femtio sextio sjuttio åttio nittio",
        "och",
        {100: "hundra", 1000: "tusen", 10**6: "miljon|miljoner"},
    ),
    "hu": (
        "egy kettő|két három négy öt hat hét nyolc kilenc tíz|tizen tizenegy tizenkettő tizenhárom tizennégy tizenöt "
        "tizenhat tizenhét tizennyolc tizenkilenc",
        "húsz|huszon harminc negyven ötven hatvan hetven nyolcvan kilencven",
        "",
        {100: "száz", 1000: "ezer", 10**6: "millió"},
    ),
}
