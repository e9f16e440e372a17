# ruff: noqa: RUF001  (words in other scripts)
"""Words that say that there is no answer, by language: "I cannot solve it", "not enough information", "sorry"."""

from __future__ import annotations

from rewards.math.alternatives import Alternatives

_GIVES_UP = {
    "en": r"(?:can['’]?t|cannot|can not|could not|couldn['’]t|(?:am|was|is|were|are)(?: not"
    r"|n['’]t) able to|unable to|not possible to|impossible to|(?:don['’]t|do not) know how to"
    r"|fail(?:ed)? to|no way to|not sure how to) (?:\w+ ){0,3}?(?:solve|answer|determine|find (?:the|an"
    r"|any)|work (?:it |this |that )?out|figure|compute|calculate|help|complete|finish|tell you|tell how|say"
    r" (?:how|what|which)|view|access)"
    r"|not enough (?:information|data)|insufficient (?:information|data)|no idea|give up|gave up|sorry(?! (?:for"
    r"|about) the (?:long|length|wait))"
    r"|i apologi[sz]e|cannot be (?:solved|determined|answered|found)"
    r"|all (?:i|we) (?:can|could|know|noticed|see|saw|found|have|remember|am|managed)|(?:need|take) more time",
    "de": r"(?:kann|konnte|könnte) (?:\w+ ){0,5}nicht (?:\w+ )?(?:lösen|beantworten|bestimmen|berechnen"
    r"|herausfinden|ermitteln|ausrechnen)|nicht (?:lösbar|genug informationen|genügend)|gebe auf"
    r"|tut mir leid|entschuldigung|ich weiß nur",
    "nl, af": r"(?:kan|kon) (?:\w+ ){0,5}niet? (?:\w+ )?(?:oplossen|beantwoorden|bepalen|berekenen"
    r"|vinden|oplos)|niet genoeg informatie|geef het op|het spijt me|jammer|ek kan nie",
    "fr": r"(?:ne|n['’]) ?(?:\w+ )?(?:peux|peut|sais|parviens|arrive|réussis|pouvons"
    r"|ai) (?:\w+ ){0,2}pas (?:\w+ ){0,3}(?:résoudre|répondre|déterminer|calculer|trouver)"
    r"|suis pas (?:parvenue?|arrivée?|capable)|pas (?:assez|suffisamment) d['’]informations?|désolée?"
    r"|j['’]abandonne|je sais seulement|tout ce que je (?:sais|peux)",
    "es, gl, ca": r"no (?:puedo|pude|sé|logro|logré|podemos|consigo|conseguí|es posible|podo|sei|puc"
    r"|he podido|he pogut) (?:\w+ ){0,2}(?:resolver\w*|responder\w*|determinar|calcular|encontrar"
    r"|resoldre|respondre)"
    r"|no hay suficiente|lo siento|me rindo|sólo sé|solo sé|lo único que|ho sento|síntoo",
    "pt": r"não (?:consigo|consegui|posso|sei|pude|é possível|conseguimos"
    r"|dá para) (?:\w+ ){0,2}(?:resolver|responder|determinar|calcular|encontrar)"
    r"|informações suficientes|desculpe|sinto muito|desisto|só sei|tudo o que sei",
    "it": r"non (?:posso|riesco|so|sono riuscit\w|è possibile|possiamo) (?:\w+ ){0,2}(?:risolver\w*"
    r"|risponder\w*|determinar\w*|calcolar\w*|trovar\w*)|informazioni sufficienti|mi dispiace"
    r"|scusa(?:te|mi)?|mi arrendo|so solo|tutto ciò che",
    "ro": r"nu (?:pot|știu|reușesc|am reușit|putem|se poate) (?:\w+ ){0,2}(?:rezolva\w*|rezolv"
    r"|răspunde\w*|determina|calcula|găsi)|îmi pare rău|renunț|știu doar",
    "sv": r"(?:kan|kunde) (?:\w+ )?inte (?:\w+ )?(?:lösa|besvara|svara|bestämma|räkna ut|hitta)|tyvärr"
    r"|jag ger upp|vet bara",
    "da, no": r"(?:kan|kunne) (?:\w+ )?ikke (?:\w+ )?(?:løse|besvare|svare|bestemme|beregne|finne"
    r"|finde)|desværre|dessverre|beklager|giver op|gir opp|ved kun|vet bare",
    "fi, et": r"(?:en|emme) (?:\w+ )?(?:osaa|pysty|voi|osannut|pystynyt) (?:\w+ )?(?:ratkais\w+"
    r"|vasta\w+|laske\w+|selvit\w+)|valitettavasti|pahoittelen|ei (?:oska|suuda|saa|osanud"
    r"|suutnud) (?:\w+ )?(?:lahendada|vastata|leida)|kahjuks|vabandust",
    "pl": r"nie (?:potrafię|mogę|umiem|jestem w stanie|udało mi się|wiem,? jak"
    r"|da się) (?:\w+ ){0,3}(?:rozwiąza\w+|odpowiedzie\w+|obliczy\w+|określi\w+|wyznaczy\w+|znale\w+)"
    r"|przepraszam|niestety|poddaję się|wiem tylko",
    "cs, sk": r"ne(?:umím|mohu|můžu|dokážu|viem|dokážem|môžem|podařilo se mi"
    r"|podarilo sa mi) (?:\w+ ){0,3}(?:vyřešit|vyriešiť|odpov\w+|určit|určiť|spočítat|zistiť|vypočítať)"
    r"|bohužel|bohužiaľ|omlouvám se|prepáčte|vím jen|viem len",
    "sl, hr, sr": r"ne (?:mogu|znam|morem|umem|uspijevam) (?:\w+ ){0,3}(?:riješiti|rešiti|odgovoriti"
    r"|izračunati|odrediti|da rešim)|nažalost|na žalost|žal|oprostite|žao mi je|znam samo|не (?:могу"
    r"|знам) (?:\w+ ){0,3}(?:решити|да решим|одговорити)|нажалост|жао ми је",
    "ru": r"не (?:могу|смог|смогла|смогли|умею|получилось|получается|удалось|знаю,? как|удаётся"
    r"|сумел) (?:\w+ ){0,3}(?:решить|ответить|определить|вычислить|найти|разобраться|посчитать)"
    r"|недостаточно (?:данных|информации)|извините|простите|к сожалению|сдаюсь|знаю только"
    r"|пока не решил[аи]?",
    "uk, be": r"не (?:можу|зміг|змогла|вмію|вдалося|вдається|знаю,? як"
    r"|магу) (?:\w+ ){0,3}(?:розв['’ʼ]язати|відповісти|визначити|обчислити|знайти|рашыць)|вибачте"
    r"|на жаль|недостатньо|знаю лише|прабачце",
    "bg, mk": r"не (?:мога|можах|успях|умея|знам как|можам|успеав) (?:\w+ ){0,3}(?:да )?(?:реша|решам"
    r"|отговоря|определя|изчисля|намеря|одговорам)|съжалявам|за съжаление|за жал|знам само",
    "hu": r"nem (?:tudom|tudtam|sikerült|lehet|vagyok képes) (?:\w+ ){0,3}(?:megoldani|megválaszolni"
    r"|kiszámolni|meghatározni|kiszámítani)|sajnálom|sajnos|elnézést|feladom|csak annyit tudok",
    "el": r"δεν (?:μπορώ|μπόρεσα|ξέρω πώς|καταφέρνω|κατάφερα) να (?:\w+ )?(?:λύσω|απαντήσω|υπολογίσω"
    r"|βρω|προσδιορίσω)|λυπάμαι|συγγνώμη|δυστυχώς|ξέρω μόνο",
    "tr, az": r"çöz(?:em\w+|ülem\w+)|cevapla(?:yam\w+)|hesapla(?:yam\w+)|bul(?:am(?:ıyorum|adım|adik"
    r"|adık))|üzgünüm|maalesef|özür dilerim|həll edə bilm\w+|cavab verə bilm\w+|təəssüf"
    r"|sadece şunu biliyorum",
    "kk, uz": r"шеше алма\w*|жауап бере алма\w*|кешіріңіз|өкінішке|yecha olma\w*|hal qila olma\w*"
    r"|kechirasiz|afsuski",
    "id, ms": r"tidak (?:bisa|dapat|mampu|tahu cara|boleh) (?:\w+ ){0,2}(?:menyelesaikan|menjawab"
    r"|memecahkan|menghitung|menentukan|mengira)|maaf|menyerah|yang saya tahu|hanya tahu",
    "vi": r"không (?:thể|biết cách|giải|tìm) (?:\w+ )?(?:giải|trả lời|xác định|tính|được|ra)|xin lỗi"
    r"|rất tiếc|bó tay|chỉ biết",
    "tl": r"hindi ko (?:\w+ )?(?:kayang|masasagot|malutas|masagot|magawang|alam kung paano)|paumanhin"
    r"|pasensya|sumusuko",
    "sw": r"siwezi (?:\w+ )?(?:kutatua|kujibu|kupata|kukokotoa)|sikuweza|samahani|ninachojua|ninachoona"
    r"|najua tu",
    "ar": r"لا (?:أستطيع|يمكنني|أعرف كيف|يمكن|نستطيع) (?:\w+ )?(?:حل|الإجابة|تحديد|إيجاد|أحل|أجيب)"
    r"|لم (?:أستطع|أتمكن)|آسف|عذرا|عذرًا|للأسف|كل ما أعرف\w*",
    "fa, ur": r"نمی‌?توانم (?:\S+ ){0,4}(?:حل|پاسخ|جواب|محاسبه)|نتوانستم|متاسفانه|متأسفانه|متاسفم"
    r"|متأسفم|حل نہیں کر|جواب نہیں دے|معذرت|افسوس|فقط می‌?دانم",
    "he": r"(?:לא|איני|אינני) (?:יכול|יכולה|מצליח|מצליחה|הצלחתי|יודע איך|ניתן) (?:\S+ )?(?:לפתור|לענות"
    r"|לחשב|למצוא|לקבוע)|מצטער\w*|לצערי|סליחה|כל מה שאני יודע",
    "ka, hy, lt, lv": r"ვერ (?:ვხსნი|ამოვხსენი|ვუპასუხებ)|ბოდიში|სამწუხაროდ|չեմ (?:կարող"
    r"|կարողացա) (?:\S+ )?(?:լուծել|պատասխանել)|ներեցեք|ցավոք|negaliu (?:\w+ )?(?:išspręsti|atsakyti)"
    r"|atsiprašau|deja|nevaru (?:\w+ )?(?:atrisināt|atbildēt)|diemžēl|piedodiet",
}
_GIVES_UP_IN_A_WORD = {
    "zh": "(?:无法|不能|不会|没办法|没法|無法|不會|沒辦法|不知道(?:怎么|如何|怎麼))(?:直接)?(?:解|回答"
    "|求|做|算|确定|確定|得出|给出|給出)|解不出|做不出|算不出|抱歉|对不起|對不起|很遗憾|很遺憾|只知道"
    "|信息不足|条件不足|條件不足",
    "ja": "解け(?:ない|ません|なかった|ませんでした)|(?:解く|求める|答える|計算する)ことができ(?:ない"
    "|ません)|(?:求め|答え|計算でき)(?:られ)?(?:ない|ません)|わかりません|分かりません|わからない"
    "|申し訳|すみません|残念ながら",
    "ko": "(?:풀|구할|답할|계산할|알) 수(?:가)? 없|(?:풀|구하|답하)지 못|모르겠|죄송|유감|포기",
    "hi, mr, ne": "हल (?:नहीं|नही) कर|उत्तर नहीं दे|हल करने में असमर्थ|क्षमा करें|माफ़ कीजिए|माफ कीजिए"
    "|खेद|सोडवू शकत नाही|माफ करा|समाधान गर्न सक्दिन",
    "bn": "(?:সমাধান|উত্তর|হিসাব) ?(?:করতে|দিতে) পার(?:ছি|লাম|ব|বো)? ?না|দুঃখিত|বুঝতে পারছি না",
    "gu, pa, ta, te, kn, ml, si": "ઉકેલી શક|માફ કરશો|ਹੱਲ ਨਹੀਂ ਕਰ|ਮਾਫ਼ ਕਰਨਾ|தீர்க்க முடிய|மன்னிக்க"
    "|పరిష్కరించలే|క్షమించ|ಪರಿಹರಿಸಲು ಸಾಧ್ಯವಿ|ಕ್ಷಮಿಸಿ|പരിഹരിക്കാൻ കഴിയ|ക്ഷമിക്ക|විසඳිය නොහැ|සමාවෙන්න",
    "th, lo": "(?:แก้|ทำ|ตอบ|หา|คำนวณ|คิด)(?:โจทย์|ข้อ|คำถาม)?[^\\s]{0,8}(?:ไม่ได้|ไม่ออก)|ไม่สามารถ"
    "|ขอโทษ|ขออภัย|เสียใจ|ຂໍໂທດ|ບໍ່ສາມາດ",
    "km, my, am": "មិនអាច(?:ដោះស្រាយ|ឆ្លើយ)|សូមទោស|မဖြေရှင်းနိုင်|မဖြေနိုင်|တောင်းပန်|መፍታት አልችል|ይቅርታ",
}
GIVES_UP = Alternatives("|".join(_GIVES_UP.values()), "|".join(_GIVES_UP_IN_A_WORD.values()))
