# ruff: noqa: RUF001  (words and signs of other scripts)
"""Currencies: their names in many languages, their codes and signs, and which names several of them share.

Amounts in two currencies never agree; one without any agrees with all. Standard library only.
"""

from __future__ import annotations

import re

from rewards.math.spelled import SCALE_WORDS

NAMES = {
    "dollar": "dollar usd buck dólar dólares dollari dolari dollár dollaria dolarów dolary dolarů dolar đô долара "
    "доллар долларов доларів доларі доллара долари δολάρια δολάριο 美元 美金 ドル 달러 डॉलर دولار دولارات دولارًا "
    "دولارا دلار ڈالر ডলার டாலர் డాలర్లు ડોલર ดอลลาร์ דולר דולרים dola dollara долари დოლარი դոլար",
    "cad": "cad",
    "aud": "aud",
    "nzd": "nzd",
    "hkd": "hkd",
    "sgd": "sgd",
    "twd": "twd ntd 新台币 新臺幣 台币 台幣",
    "cent": "cent céntimo centavo centime centesimi",
    "euro": "euro eur euros euroa eurót euró eura eurot eurų eiro евра євро евро ευρώ يورو یورو यूरो ইউরো யூரோ ยูโร "
    "אירו 欧元 歐元 ユーロ 유로 ევრო եվրո",
    "sterling": "sterling gbp quid 英镑 英鎊 ポンド 파운드 фунт фунтов фунтів λίρες",
    "penny": "penny pence",
    "yen": "yen jpy иен 円 日元 엔 ين",
    "yuan": "yuan rmb cny юань юаней юаня 元 人民币 人民幣 块 块钱 塊 塊錢",
    "rupee": "rupee rs rupie روپے রুপি ரூபாய் రూపాయలు રૂપિયા ರೂಪಾಯಿ രൂപ ਰੁਪਏ रुपये रुपया रुपए रू රුපියල්",
    "inr": "inr",
    "pkr": "pkr",
    "lkr": "lkr",
    "npr": "npr",
    "won": "won krw 원",
    "ruble": "ruble rouble rub рубль рублей рубля руб рубли",
    "kopeck": "kopeck копейка копейки копеек",
    "dong": "dong đồng vnd vnđ",
    "rupiah": "rupiah rp idr",
    "lira": "lira liras try tl liradır lirası liradir",
    "kuruş": "kuruş",
    "real": "real reais brl",
    "peso": "peso pesos",
    "mxn": "mxn",
    "php": "php piso",
    "ars": "ars",
    "clp": "clp",
    "zloty": "zloty złoty złote złotych zł pln",
    "grosz": "grosz groszy grosze",
    "koruna": "koruna koruny korun kč czk korún",
    "haléř": "haléř haléřů haléře",
    "krone": "krone kroner krona kronor kr kroonia króna krónur kruunua",
    "sek": "sek",
    "nok": "nok",
    "dkk": "dkk",
    "isk": "isk",
    "forint": "forint huf forintot",
    "leu": "leu lei ron",
    "lev": "lev leva bgn лева лев лв",
    "hryvnia": "hryvnia гривня гривні гривень грн uah",
    "franc": "franc francs franken frank franchi francos",
    "chf": "chf sfr",
    "xof": "xof cfa fcfa",
    "dinar": "dinar dinara dinari динара динар динари دينار dinarjev",
    "rsd": "rsd",
    "denar": "denar denari денари денар mkd",
    "kuna": "kuna kune hrk",
    "lari": "lari gel ლარი",
    "dram": "dram amd դրամ",
    "manat": "manat azn",
    "tenge": "tenge теңге тенге kzt",
    "som": "so'm сум сом uzs",
    "tugrik": "төгрөг tugrik mnt",
    "baht": "baht บาท thb",
    "taka": "taka টাকা bdt tk",
    "kyat": "kyat ကျပ်",
    "riel": "riel រៀល",
    "toman": "toman تومان",
    "rial": "rial ریال",
    "shekel": 'shekel shekels שקל שקלים ils nis ש"ח',
    "rand": "rand zar",
    "shilling": "shilling shillings shilingi ksh tsh ush",
    "kes": "kes",
    "tzs": "tzs",
    "ugx": "ugx",
    "naira": "naira ngn",
    "birr": "birr ብር",
    "cedi": "cedi cedis ghs",
    "ringgit": "ringgit rm myr",
    "riyal": "riyal riyals ريال ريالا ريالاً ريالات",
    "sar": "sar",
    "dirham": "dirham dirhams درهم درهما درهمًا دراهم aed",
    "egp": "egp جنيه جنيها جنيهًا جنيهات",
    "lek": "lekë lekësh",
}
"""Every name of a currency, its code in small letters, and no code that is an English word."""
_SHARED = {
    "krone": "sek nok dkk isk",
    "peso": "mxn php ars clp",
    "rupee": "inr pkr lkr npr",
    "franc": "chf xof",
    "dinar": "rsd",
    "shilling": "kes tzs ugx",
    "riyal": "sar rial",
    "yensign": "yen yuan",
    "pound": "sterling egp",
}
FAMILIES = {name: frozenset(members.split()) for name, members in _SHARED.items()}
"""A name that several currencies bear, and those."""
PARTS = {
    "kopeck": "ruble",
    "penny": "sterling",
    "kuruş": "lira",
    "grosz": "zloty",
    "haléř": "koruna",
    "cent": "dollar",
}
"""The hundredth part of a currency."""
_CODES = (
    "AED AMD ARS AUD AZN BDT BGN BRL CAD CHF CLP CNY CZK DKK EGP EUR GBP GEL GHS HKD HRK HUF IDR ILS INR ISK JPY KES "
    "KRW KZT LKR MKD MNT MXN MYR NGN NOK NPR NTD NZD PHP PKR PLN RMB RON RSD RUB SAR SEK SGD THB TWD TZS UAH UGX USD "
    "UZS VND XOF ZAR"
)
CURRENCY_CODE = (
    rf"(?:(?:{'|'.join(_CODES.split())}|Rp|Rs|RM|Tk|Ksh|KSh|KSH|Tsh|TSh|USh|Php|kr|Kr|US|SFr|Fr|FCFA)\.?\s?"
    r"|R\s?(?=\d{2}|\d[.,]\d{2}(?!\d)|\d[ ,.]\d{3}))"
)
"""What stands for a currency in front of an amount; rands are an R, which before a single digit may be a name."""
_SIGNS = {
    "$": "dollar",
    "\u00a2": "cent",
    "\u20ac": "euro",
    "\u00a3": "sterling",
    "\u00a5": "yensign",
    "\uffe5": "yensign",
    "\u20b9": "rupee",
    "\u20a8": "rupee",
    "\u20a9": "won",
    "\u20bd": "ruble",
    "\u20ba": "lira",
    "\u20b4": "hryvnia",
    "\u20ab": "dong",
    "\u20a6": "naira",
    "\u20aa": "shekel",
    "\u20b1": "peso",
    "\u0e3f": "baht",
    "\u09f3": "taka",
    "\u20be": "lari",
    "\u20bc": "manat",
    "\u20b8": "tenge",
    "\u20ae": "tugrik",
    "\u20b5": "cedi",
    "\u058f": "dram",
    "\u17db": "riel",
    "\u20a1": "colón",
    "\ufdfc": "rial",
    "\u20a3": "franc",
}
_DOLLARS = {
    "US": "USD", "C": "CAD", "CA": "CAD", "CAN": "CAD", "A": "AUD", "AU": "AUD", "NZ": "NZD", "HK": "HKD",
    "SG": "SGD", "NT": "TWD", "TW": "TWD", "R": "BRL", "BR": "BRL", "MX": "MXN", "Mex": "MXN", "AR": "ARS",
    "CL": "CLP",
}  # fmt: skip
_COMMANDS = {
    "euro": "\u20ac",
    "texteuro": "\u20ac",
    "EUR": "\u20ac",
    "pounds": "\u00a3",
    "pound": "\u00a3",
    "textsterling": "\u00a3",
    "yen": "\u00a5",
    "textyen": "\u00a5",
    "rupee": "\u20b9",
    "textdollar": "\\$",
    "cent": "\u00a2",
    "textcent": "\u00a2",
    "won": "\u20a9",
    "textwon": "\u20a9",
    "dong": "\u20ab",
    "textdong": "\u20ab",
    "naira": "\u20a6",
    "textnaira": "\u20a6",
}
COMMAND = re.compile(rf"\\(?:{'|'.join(sorted(_COMMANDS, key=len, reverse=True))})(?![A-Za-z])\s?(?:\{{\}})?")
"""A sign of a currency as a command of LaTeX."""
_OTHER_SIGNS = "".join(sign for sign in _SIGNS if sign != "$")
_WRAPPER = re.compile(
    rf"\\(?:text|textrm|textnormal|textbf|mathrm|mathbf|mbox|hbox|rm)\s?\{{(\s?(?:\\?\$|[{_OTHER_SIGNS}]"
    rf"|(?:{CURRENCY_CODE})|\\[a-z]{{3,12}}|[^{{}}]{{0,3}}[{_OTHER_SIGNS}]?\s?[\d.,]{{1,12}}\s?[{_OTHER_SIGNS}]?)\s?)\}}"
)
_GAP = re.compile(r"\\[,;:! ]|~")
_AMOUNT = r"[-+\u2212]?\d[\d.,'\u00a0\u202f ]*"
_SIGN = rf"(?:\b(?P<whose>{'|'.join(sorted(_DOLLARS, key=len, reverse=True))})\s?)?\\?\$|[{_OTHER_SIGNS}]"
_AROUND_A_NUMBER = re.compile(
    rf"(?P<minus>[-\u2212]\s?)?(?P<before>{_SIGN})\s*{_AMOUNT}(?:\s?[^\W\d_]{{1,9}})?[\s.$]*"
    rf"|{_AMOUNT}(?P<after>\\?\$|[{_OTHER_SIGNS}])[\s.$]*"
)


def currency(text: str) -> str:
    """The currency whose sign stands at a number, as a unit; empty when there is none.

    A bare `$` is money where no other one closes a formula.

    >>> [currency(text) for text in ("\\\\$18", "18", "$18$", "$18", "\\\\text{\\u20ac}18", "R$18")]
    ['dollar', '', '', 'dollar', 'euro', 'brl']
    """
    if len(text) > 100 or not (has_sign(text) or "\\" in text):
        return ""
    text = plain_signs(text).strip()
    if text.startswith("$") and text.endswith("$"):
        text = text[1:-1].strip() if len(text) > 2 else ""
    match = _AROUND_A_NUMBER.fullmatch(text)
    if match is None:
        return ""
    if match["whose"]:
        return _DOLLARS[match["whose"]].lower()
    return _SIGNS[(match["before"] or match["after"]).removeprefix("\\")]


_SOMEONES_DOLLAR = re.compile(
    rf"(?<![A-Za-z\\])({'|'.join(sorted(_DOLLARS, key=len, reverse=True))})\s?\\?\$\s?(?=[-+]?\d)"
)


def with_dollar_codes(text: str) -> str:
    """A text with codes for the dollars and the real that a letter names.

    >>> with_dollar_codes("CA$18"), with_dollar_codes("R$5"), with_dollar_codes("$5")
    ('CAD 18', 'BRL 5', '$5')
    """
    return _SOMEONES_DOLLAR.sub(lambda sign: f"{_DOLLARS[sign[1]]} ", text) if "$" in text else text


def has_sign(text: str) -> bool:
    """Whether the sign of a currency stands in a text; a cheap look.

    >>> has_sign("18 \\u20ac"), has_sign("18")
    (True, False)
    """
    return "$" in text or (not text.isascii() and any(sign in text for sign in _OTHER_SIGNS))


def plain_signs(text: str) -> str:
    """A text whose signs and codes of currencies stand bare, as they would without LaTeX.

    >>> plain_signs("\\\\text{EUR } 50"), plain_signs("50\\\\,\\\\euro{}")
    ('EUR  50', '50 \\u20ac')
    """
    if "\\" not in text:
        return text
    text = COMMAND.sub(lambda command: _COMMANDS[command[0].strip("\\{} ")], _WRAPPER.sub(r"\1", text))
    return _GAP.sub(" ", text)


_IN_PROSE = re.compile(
    rf"(?<![\w\\])(?:(?P<whose>{'|'.join(_DOLLARS)})\s?\\?\$|(?P<before>[{_OTHER_SIGNS}]))\s?"
    rf"(?P<amount>[-+]?\d(?:[\d.,'\u00a0\u202f]*\d)?(?:\s?(?:{'|'.join(SCALE_WORDS)})(?!\w))?)"
)
_BEHIND_IN_PROSE = re.compile(rf"(?<=\d)\s?([{_OTHER_SIGNS}])(?!\w)")


def with_names(text: str) -> str:
    """A text in which the names of currencies stand behind its amounts, and not their signs, which folding drops.

    >>> with_names("It costs \u20ac5, or 5 \u00a3."), with_names("CA$5")
    ('It costs 5 euro, or 5 sterling.', '5 cad')
    """
    if not has_sign(text) and "\\" not in text:
        return text
    text = _IN_PROSE.sub(_named_behind, plain_signs(text))
    return _BEHIND_IN_PROSE.sub(lambda sign: f" {_SIGNS[sign[1]]}", text)


def _named_behind(amount: re.Match[str]) -> str:
    name = _DOLLARS[amount["whose"]].lower() if amount["whose"] else _SIGNS[amount["before"]]
    return f"{amount['amount']} {name}"
