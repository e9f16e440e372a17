# ruff: noqa: RUF001  (words in other scripts)
"""Words that call a value wrong, in many languages: "36 ist falsch", "36は間違いです"."""

from __future__ import annotations

WRONG = {
    "es, ca, gl": r"fals[oa]|incorrect[oae]s?|erróne[oa]|equivocad[oa]|se equivoca\w*|errònia",
    "fr": "faux|fausse|incorrecte?|erronée?|se trompe",
    "de": "falsch|unrichtig|inkorrekt|irrt sich|fehlerhaft",
    "it": "sbagliat[oa]|errat[oa]|fals[oa]|scorrett[oa]|si sbaglia",
    "pt": "errad[oa]|incorret[oa]|está enganad[oa]",
    "nl, af": "onjuist|fout|verkeerd|verkeerde|foutief",
    "pl": r"błędn\w+|niepoprawn\w+|nieprawidłow\w+|fałszyw\w+|myli się",
    "cs, sk": r"špatn\w+|chybn\w+|nesprávn\w+|nepravdiv\w+|zle",
    "sv, da, no": "fel|felaktigt?|forkert|feil|galt|uriktig",
    "fi": r"väär\w+|virheelli\w+",
    "hu": "hibás|rossz|helytelen|téves",
    "ro": r"greșit\w*|incorect\w*",
    "tr, az": r"yanlış\w*|hatalı\w*|səhv\w*",
    "id, ms": r"salah(?! sat)|keliru",
    "vi": r"là sai|sai rồi|bị sai|không đúng",
    "ru": r"неверн\w+|неверен|ложен|ошибочен|неправильн\w+|ошибочн\w+|ложн\w+|ошибается",
    "uk": r"неправильн\w+|хибн\w+|невірн\w+|помилков\w+",
    "bg, sr, hr, sl": r"грешн\w+|погрешн\w+|pogrešn\w+|netočn\w+|netačn\w+|napačn\w+|neispravn\w+",
    "lv, lt": r"nepareiz\w+|neteising\w+|klaiding\w+",
    "el": r"λάθος|λανθασμέν\w+|εσφαλμέν\w+",
    "ar, fa, ur": "خطأ|خاطئة?|غلط|نادرست|اشتباه",
    "he": r"שגוי\w*|טעות",
    "sw, tl": "si sahihi|lisilo sahihi|si sawa|kosa|ay mali|mali ang",
    "kk, uz": r"қате|дұрыс емес|noto['ʻ‘’]g['ʻ‘’]ri",
    "sq": r"gabim|i pasaktë",
}
WRONG_IN_A_WORD = (
    "(?<![\u0900-\u0dff])(?:ग़लत|गलत|चूक|ভুল|चुकी|தவற|తప్పు|ತಪ್ಪು|തെറ്റ|ખોટ|ਗਲਤ|වැරදි)|(?<!รับ)ผิด|ຜິດ|ខុស|မှား"
    "|틀[린렸리]|오답|잘못|될 수 없|일 수 없|不正解|不正[确確]|[误誤](?!差)|არასწორ|սխալ|ስህተት"
)
"""Of scripts that write words together, or inflect them at their end."""

DOUBTS = (
    r"supongamos|supposons|angenommen|supponiamo|suponhamos|предположим|допустим|припустимо|załóżmy|tegyük fel"
    r"|je doute|dudo que|duvido que|dubito che|dubto que|mă îndoiesc|wątpię|pochybuj\w+|sumnjam"
    r"|bezweifle|сомневаюсь|неправда|stimmt nicht|non è vero|não é verdade|no es cierto|no es verdad|nie jest "
    r"prawdą|není pravda"
    r"|no creo|no pienso|no sé|no estoy segur\w|je ne (?:pense|crois) pas|je ne sais pas|pas sûre?|glaube nicht"
    r"|denke nicht|weiß nicht"
    r"|nicht sicher|keine ahnung|non credo|non penso|non so|não acho|não acredito|não sei|não tenho certeza"
    r"|denk niet|weet niet"
    r"|nie sądzę|nie wiem|nemyslím|nevím|neviem|ne mislim|ne znam|не думаю|не уверена?|не знаю|не съм сигурен"
    r"|не мисля|nem hiszem"
    r"|nem tudom|nu cred|nu știu|tror inte|vet inte|tror ikke|ved ikke|vet ikke|en usko|en tiedä|δεν νομίζω|δεν "
    r"ξέρω|sanmıyorum"
    r"|düşünmüyorum|bilmiyorum|emin değil\w*|tidak yakin|tidak tahu|không nghĩ|không biết|không chắc|لا أعتقد"
    r"|لا أظن|لا أعرف"
    r"|لست متأكد\w*|نمی‌?دانم|مطمئن نیستم|معلوم نہیں|לא חושב\w*|לא יודע\w*|sijui|hindi ko alam|i don't know|no "
    r"idea|not sure|unsure|uncertain|unclear|(?:impossible|unlikely|doubtful|untrue|false|not true) that"
    r"|(?<!no )(?<!without )(?<!without a )doubt"
    r"|(?:do|does|did|can|could|would|ca)(?: ?not|n['’]t) (?:think|believe|say|claim|conclude)"
    r"|netiki|nezinau|neticu|nezinu|ei usu|ei tea|не веря|nuk e di|bilmirəm|bilmayman|білмеймін"
)
DOUBTS_IN_A_WORD = (
    "假设|假設|仮定|仮に|가정|नहीं लगता|नहीं पता|মনে হয় না|জানি না|ไม่แน่ใจ|ไม่คิดว่า|ไม่รู้|不认为|不認為"
    "|不觉得|不知道|不清楚|不确定|不相信|怀疑|懷疑|思いません|思えません|思われません|考えません|믿지 않|의심"
    "|不確定|思わな|ないと思|わからな|分からな"
    "|생각하지 않|모르|확실하지 않"
)
"""Words of a whole sentence that only supposes what it names, or does not believe it."""
