# ruff: noqa: RUF001  (words in other scripts)
"""The verification that a solution puts behind its answer: "Probe: 2·12 + 5 = 29 ✓". Standard library only."""

from __future__ import annotations

import re

from rewards.math.denials import DENIED

_MARKS = (
    "probe|gegenprobe|kontrolle|überprüfung|prüfung|check|checking|verification|vérification|contrôle|comprobación"
    "|comprobamos|verificación|verificamos|verificação|verificando|conferindo|verifica|controprova|prova|controle"
    "|ter controle|kontroll|kontrol|efterprøvning|tarkistus|tarkistetaan|sprawdzenie|sprawdźmy|sprawdzamy|zkouška"
    "|kontrola|skúška|provjera|provera|preizkus|ellenőrzés|próba|verificare|verificăm|proba|comprovació|egiaztapena"
    "|pārbaude|patikrinimas|провера|проверка|проверим|проверяем|перевірка|перевіримо|праверка|επαλήθευση|έλεγχος"
    "|sağlama|sağlaması|yoxlama|tekshirish|тексеру|текшерүү|шалгалт|pemeriksaan|periksa|cek|pengecekan|verifikasi"
    "|semakan|kiểm tra(?: lại)?|thử lại|uhakiki|hakiki|pagsusuri|التحقق|للتحقق|تحقق|نتحقق|بررسی|آزمایش|جانچ|پڑتال"
    "|בדיקה|נבדוק|जाँच|जांच|पडताळणी|তাচাই|যাচাই|તપાસ|ਜਾਂਚ|சரிபார்ப்பு|సరిచూడటం|ತಾಳೆ|ตรวจสอบ|ตรวจคำตอบ|შემოწმება|ստուգում|ማረጋገጫ"
    "|检验|檢驗|验证|驗證|验算|驗算|检查|検算|確認|確かめ|확인|검산|kontrolü|kontrolu"
)
_CHECK = re.compile(
    rf"(?:(?<=[.!?\u3002\u0964\u06d4\u0589\u1362\n)*])|^)[\s*_(（]*(?:{_MARKS})[\s*_]{{0,4}}[:：\u0589]", re.IGNORECASE
)
_END = re.compile(r"[.!?](?=\s)|[\n\u3002\u0964\u06d4\u0589\u1362]")
_FAILS = re.compile(r"[≠✗✘❌]|\\ne(?![a-z])|!=")


def without_check(text: str) -> str:
    """A text without the one sentence that checks its answer, where that is the last one with a number.

    A check that fails stays: what stands before it is no answer then.

    >>> without_check("Also ist x = 12. Probe: 2·12 + 5 = 29. ✓"), without_check("x = 12. Probe: 2·12 ≠ 29.")
    ('Also ist x = 12.', 'x = 12. Probe: 2·12 ≠ 29.')
    """
    tail = text[-300:]
    marks = list(_CHECK.finditer(tail)) if ":" in tail or "：" in tail or "\u0589" in tail else []
    if not marks or not any(char.isdecimal() for char in tail[: marks[-1].start()]):
        return text
    check = tail[marks[-1].end() :]
    sentence, *behind = _END.split(check.strip(), maxsplit=1)
    if any(char.isdecimal() for char in "".join(behind)) or not any(char.isdecimal() for char in sentence):
        return text
    if _FAILS.search(check) or DENIED.search(f"{check} ") or "?" in check:
        return text
    return text[: len(text) - len(tail) + marks[-1].start()].rstrip()
