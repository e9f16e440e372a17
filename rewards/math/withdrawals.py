# ruff: noqa: RUF001  (words in other scripts)
"""Words that take a value back: it was wrong, something was forgotten, the work begins anew.

Each table holds whole words of spaced scripts by language; what ends in `_IN_A_WORD` those of scripts that write words
together. `unclaimed` says where they are looked for.
"""

from __future__ import annotations

from rewards.math.alternatives import Alternatives

_AGAIN = {
    "en": r"(?:that|this|it|which) (?:is|was|seems|looks) (?:\w+ )?(?:wrong|incorrect|mistaken|false)"
    r"|(?:that|this|it)['’]s (?:\w+ )?(?:wrong|incorrect|not right|not correct)|(?:start|begin) (?:over"
    r"|again|anew|afresh)|from scratch|re-?do|re-?calculate|re-?compute"
    r"|re-?count|re-?think"
    r"|re-?consider|try again|(?:i|we) (?:have |['’]ve )?(?:just )?(?:made|make) (?:a|an"
    r"|some) (?:\w+ )?(?:mistake|error|slip)"
    r"|(?:i|we) (?:have |['’]ve )?(?:misread|miscounted|miscalculated|overlooked|messed up|mixed up)"
    r"|(?:i|we) forgot|(?:scratch|strike) that|take (?:that|it) back|disregard|never ?mind|wait,? no|no,? wait"
    r"|(?:doesn['’]t|does not|don['’]t) (?:seem|look|sound|feel|add up|make sense)|(?:seems?|looks?"
    r"|sounds?|feels?) (?:off|odd|strange|weird|fishy|wrong)"
    r"|can(?:no|['’])t be (?:right|correct|true|it)|(?:that|this|it) can(?:no|['’])t be|(?:isn|wasn)['’]t"
    r" (?:right|correct|it)|(?:is"
    r"|was) not (?:right|correct|it)",
    "de": r"von vorne?|neu (?:rechnen|berechnen|anfangen|beginnen|überlegen)|noch ?mal(?:s)? (?:rechnen"
    r"|nachrechnen|von|neu|überlegen)"
    r"|nachrechnen|verrechnet|vertan|verzählt|(?:habe|hab) (?:\w+ ){0,3}(?:vergessen|übersehen|verwechselt)"
    r"|(?:einen|ein|mein) (?:\w+ )?(?:fehler|irrtum)|kann nicht (?:stimmen|sein)|stimmt (?:\w+ )?nicht"
    r"|nicht stimmen",
    "nl, af": r"opnieuw|overnieuw|vergist|verrekend|(?:heb|het) (?:\w+ ){0,3}(?:vergeten|overgeslagen|vergeet)"
    r"|(?:een|n) (?:\w+ )?(?:fout|vergissing)|klopt (?:\w+ )?niet|kan niet kloppen|van voren af aan",
    "fr": r"recommenc\w+|refai(?:re|sons)|recalcul\w+|(?:me|suis|m['’]étais) trompée?|(?:ai"
    r"|avons) (?:\w+ )?(?:oublié|négligé|confondu)"
    r"|(?:une|fait une|mon) (?:\w+ )?erreur|ne (?:va|colle|marche) pas|pas (?:possible|bon|ça)"
    r"|tout (?:reprendre|refaire)",
    "es, gl": r"(?:volver|vuelvo|volvamos|empezar|empiezo|empecemos) (?:a )?(?:\w+ )?(?:empezar"
    r"|calcular|hacer|de nuevo|otra vez|desde cero)"
    r"|de nuevo|desde cero|otra vez|recalcul\w+|equivoqu[ée]|equivocad[oa]|olvid[ée]|se me olvidó"
    r"|cometí (?:un|el)|(?:un|mi) error"
    r"|no (?:puede ser|cuadra|tiene sentido)|rehacer|rehagamos|refacer|confundín|esquecín",
    "pt": r"(?:começar|recomeçar|recomecemos|refazer|refaço|recalcul\w+)|de novo|do zero|outra vez"
    r"|errei|enganei|equivoquei"
    r"|esqueci|(?:um|meu|cometi um) (?:erro|engano)|não (?:pode ser|faz sentido|bate)|me confundi",
    "it": r"ricominci\w+|rifa(?:re|ccio|cciamo)|ricalcol\w+|da capo|di nuovo|sbagliato|sbagliavo"
    r"|dimenticat\w|(?:un|il mio) errore"
    r"|non (?:torna|può essere|ha senso|quadra|va bene)|mi sono confus\w",
    "ca": r"tornar a|de nou|torno a|m['’]he (?:equivocat|descuidat|oblidat)|(?:un|el meu) error|no pot ser",
    "ro": r"de la (?:capăt|început|zero)|din nou|refa(?:c|cem|cut)|recalcul\w+|am (?:greșit|uitat|omis"
    r"|încurcat)|m-am (?:înșelat|încurcat)"
    r"|(?:o|mea) greșeală|o eroare|nu (?:se poate|e bine|e corect|este corect|e în regulă)|ba nu",
    "sv": r"(?:börja|räkna|göra|gör|tänka) om|om igen|räknade fel|(?:glömde|missade)"
    r"|gjorde (?:ett )?fel|(?:ett|mitt) (?:misstag|fel)"
    r"|kan inte stämma|stämmer inte|räknade (?:\w+ )+för (?:mycket|många|lite)",
    "da, no": r"(?:starte|begynne|begynde|regne|gøre|gjøre) (?:\w+ )?(?:om|forfra|på nytt)|forfra"
    r"|på nytt|glemte|overså|regnede forkert|regnet feil"
    r"|(?:en|min) (?:fejl|feil)|kan ikke (?:stemme|passe)|stemmer ikke|passer ikke",
    "is": r"upp á nýtt|aftur frá|gleymdi|mistök|reiknaði vitlaust|stenst ekki|getur ekki verið",
    "fi, et": r"uudestaan|uudelleen|alusta(?: asti)?|lasken uudelleen|unohdin|(?:tein|tuli) virheen?"
    r"|laskuvirhe|erehdyin|ei voi (?:olla|pitää)"
    r"|ei (?:pidä|täsmää)|uuesti|otsast peale|unustasin|eksisin|tegin vea|ei saa olla|ei klapi",
    "pl": r"od (?:nowa|początku)|jeszcze raz|ponownie|pomyliłe?[ma]?\w*|zapomniałe?[ma]?\w*|pominął\w*"
    r"|przeoczył\w*|(?:popełnił\w*|mój|jest) (?:\w+ )?błąd"
    r"|(?:jest|to|coś) (?:\w+ )?(?:źle|nie tak|niedobrze)|nie (?:może być|zgadza się|pasuje)|się nie zgadza",
    "cs, sk": r"(?:od|úplně) (?:začátku|znova|znovu|začiatku)|znovu|znova|ještě jednou|ešte raz"
    r"|spletl\w*|pomýlil\w*|zapomněl\w*|zabudol|zabudla"
    r"|přehlédl\w*|prehliadol|(?:udělal\w*|je|urobil\w*) (?:\w+ )?(?:chyb[au]|omyl)|nemůže být"
    r"|nemôže byť|nesedí|není (?:správně|dobře)|nie je správne",
    "sl, hr, sr": r"(?:od|iz) (?:začetka|početka|nule)|ponovno|ponovo|iznova|še enkrat|još jednom"
    r"|zmotil\w*|pogriješi\w*|pogreši\w*|zaboravi\w*|pozabil\w*"
    r"|(?:napravi\w*|moja) (?:\w+ )?(?:gre[šs]k\w+|napak\w+)|ne može biti|ne more biti|ne drži"
    r"|nije (?:točno|tačno|dobro)|ni prav"
    r"|поново|изнова|погреши\w+|заборави\w+|није (?:тачно|добро)",
    "ru": r"(?:начать|начну|начнём|начнем|пересчита\w+|пересчёт\w*|переделать|переделаю) ?(?:заново"
    r"|сначала|снова)?|заново|ещё раз|еще раз"
    r"|ошиб(?:ся|лась|ка|ку|кой)|забыл[аи]?|не (?:учёл|учел|учла|учли)|перепутал[аи]?|пропустил[аи]?"
    r"|не (?:может быть|сходится|подходит|то)|что-то не так",
    "uk, be": r"(?:заново|спочатку|ще раз|наново)|помил(?:ився|илася|ка|ку)|забув|забула|не врахува\w+"
    r"|переплутав|переплутала|щось не так"
    r"|не (?:може бути|сходиться|підходить)|перерах\w+|памыліўся|памылілася",
    "bg, mk": r"отначало|наново|отново|пак (?:да )?(?:смята\w+|пресмет\w+)|сгреших|сбърках|забравих"
    r"|грешка|не (?:може да е|излиза|е вярно|е правилно|е точно)|згрешив|заборавив",
    "hu": r"elölről|újra(?:szám\w*|kezd\w*|kell)?|elszámol\w*|elrontott\w*|elfelejtett\w*|kihagyt\w*"
    r"|tévedtem|hibáztam|(?:egy|el) hib\w+|nem (?:lehet|jó|stimmel|jött ki)",
    "el": r"από την αρχή|ξανά|πάλι από|ξαναϋπολογί\w+|έκανα (?:\w+ )?λάθος|ξέχασα|παρέλειψα|μπέρδεψα"
    r"|δεν (?:μπορεί να είναι|βγαίνει|ισχύει|είναι σωστ\w+)",
    "tr, az": r"(?:baştan|yeniden|tekrar|yenidən|təkrar) (?:hesap\w*|başla\w*|yap\w*|düşün\w*|say\w*"
    r"|hesabla\w*)|hata (?:yap\w*|var)|unuttum|unutmuşum"
    r"|atladım|karıştırdım|yanıldım|yanlış\w*|doğru (?:değil|olamaz)\w*|olamaz|səhv (?:etdim|oldu)"
    r"|unutdum|düz deyil|düzgün deyil",
    "kk, uz, ky, mn": r"қайта (?:есепте\w*|баста\w*)|қате(?:лестім|лесті)?|ұмыт\w+|дұрыс емес|qaytadan"
    r"|qayta (?:hisobla\w*|boshla\w*)|xato (?:qildim|ketdi)|unutdim"
    r"|to['ʻ‘’]g['ʻ‘’]ri emas|кайра(?:дан)?|туура эмес|дахин (?:тоол\w*|бод\w*)|алдаа|буруу",
    "id, ms": r"(?:hitung|ulang\w*|mulai|mula|kira|mengulang\w*|menghitung|mengira) (?:\w+ )?(?:ulang"
    r"|lagi|semula|dari awal)|dari awal|saya (?:salah|lupa|keliru)"
    r"|terlupa|ada (?:yang salah|kesalahan)|tidak (?:benar|tepat|mungkin|betul|cocok)|bukan begitu"
    r"|membuat kesalahan",
    "vi": r"(?:tính|làm|bắt đầu|đếm|xem) lại|từ đầu|tôi (?:đã )?(?:nhầm|quên|sai|tính sai|bỏ sót)"
    r"|mình (?:đã )?(?:nhầm|quên|tính sai)|bị (?:nhầm|sai)"
    r"|không (?:đúng|thể đúng|hợp lý|ổn)|sai rồi|có gì đó sai|nhầm rồi",
    "tl": r"(?:ulitin|uulitin|magsimula|simulan)(?:ng)? (?:\w+ )?(?:muli|ulit)?|mula sa (?:umpisa"
    r"|simula)|nagkamali|nakalimutan|hindi (?:ito|iyon|yata|po)? ?(?:tama|tugma)|mali (?:ito|pala|ako)",
    "sw": r"(?:kuanza|nianze|tuanze|kuhesabu|kukokotoa) (?:upya|tena)|upya|nimekosea|nilikosea"
    r"|nimesahau|nilisahau|si (?:sahihi|sawa|kweli)|kuna kosa",
    "ar": r"من (?:جديد|البداية)|مرة أخرى|مجددا|أخطأت|(?:ارتكبت|هناك|يوجد) خطأ|نسيت|أغفلت|(?:غير|ليس"
    r"|ليست|ليس هذا) (?:صحيح\w*|صواب\w*)|لا يمكن أن يكون|إعادة (?:الحساب|حساب)|أعيد",
    "fa": r"(?:دوباره|از نو|از اول|مجدد\w*) ?(?:حساب|محاسبه|شروع|بررسی)?|اشتباه|فراموش کرد\w*|یادم رفت"
    r"|درست نیست|صحیح نیست|نمی‌?تواند درست|غلط",
    "ur": r"دوبارہ|نئے سرے|غلطی|بھول گی\w*|(?:درست|صحیح|ٹھیک) نہیں|غلط",
    "he": r"מחדש|שוב(?= (?:מ|ל))|מההתחלה|טעיתי|טעות|שכחתי|התבלבלתי|לא (?:נכון|הגיוני|מסתדר|יכול להיות)"
    r"|לחשב שוב",
    "ka, hy": r"თავიდან|ხელახლა|შევცდი|შეცდომა\w*|დამავიწყდა|(?:არ|ვერ) (?:არის )?(?:სწორი|სწორია)"
    r"|նորից|կրկին|սխալվեցի|սխալ\w*|մոռացա|ճիշտ չէ",
    "lt, lv": r"iš naujo|dar kartą|suklydau|pamiršau|klaid\w+|ne(?:gali būti|teisinga)|no jauna|vēlreiz"
    r"|kļūdījos|aizmirsu|kļūd\w+|nav pareizi",
    "eu, sq, cy": r"berriro|hasieratik|oker (?:nago|dago)|ahaztu|ez da zuzena|nga e para|përsëri nga"
    r"|gabova|harrova|nuk është (?:e saktë|saktë)|o'r newydd",
}
_AGAIN_IN_A_WORD = {
    "zh": "重新(?:算|计算|計算|考虑|考慮|来|來|做|看|想|数)|重算|从头|從頭|再算一[次遍下]|搞错|搞錯"
    "|算错|算錯|弄错|弄錯|看错|看錯|数错|忘了|忘记|忘記|漏掉|漏了|遗漏|遺漏|忽略了"
    "|不对|不對|(?<!没)(?<!没有)(?<!沒)(?<!沒有)(?:有错|有錯|出错|出錯|有误|有誤|错了|錯了)|不正确"
    "|不正確|有问题|有問題|不可能|不合理|不太对|不太對|等等|等一下",
    "ja": "(?:もう一度|もういちど|最初から|始めから|はじめから)(?:計算|考え|や|数え|見直)|やり直"
    "|計算し直|考え直|数え直|見直す必要|忘れてい|見落と|勘違い|間違え|間違い(?!(?:は|が)?(?:な|あ))"
    "|間違って|誤り|誤って"
    "|正しくない|正しくありません|おかしい|合わない|合いません|違います|違いました|違うよう|ミス(?:を|が|し)",
    "ko": "다시 (?:계산|생각|풀|세|해|검토|시작)|처음부터|잊(?:었|어버)|빠뜨|빼먹|놓쳤|실수|착각|잘못"
    "|틀[렸린리]|옳지 않|맞지 않|아닌 것 같|이상하|이상합",
    "hi, mr, ne": "फिर से (?:गणना|हिसाब|शुरू|सोच|कर|जाँच|जांच)|दोबारा|दुबारा|शुरू से|गलती|ग़लती|चूक"
    "|भूल गय|भूल गई|भूल गए|(?:सही|ठीक) नहीं|गलत|ग़लत|पुन्हा|चुकल|चूक झाली|विसरल|बरोबर नाही|फेरि|बिर्सि"
    "|ठिक छैन|गल्ती",
    "bn": "আবার (?:হিসাব|গণনা|শুরু|ভাব|দেখ|কর)|নতুন করে|প্রথম থেকে|ভুল|ভুলে গে|(?:ঠিক|সঠিক) (?:নয়|নয়|না|নেই|হয়নি|হয়নি)",
    "gu, pa": "ફરીથી|ફરી (?:ગણ|શરૂ)|ભૂલ|ખોટ|(?:સાચું|બરાબર) નથી|ਦੁਬਾਰਾ|ਮੁੜ ਤੋਂ|ਗਲਤੀ|ਗਲਤ|ਭੁੱਲ ਗ|ਸਹੀ ਨਹੀਂ|ਠੀਕ ਨਹੀਂ",
    "ta, te, kn, ml, si": "மீண்டும் (?:கணக்|தொடங்|செய்|யோசி)|தவறு|தவற|மறந்து|சரியல்ல|சரியில்லை|మళ్ళీ"
    "|మళ్లీ|మొదటి నుండి|తప్పు|పొరపాటు|మర్చిపో|సరైనది కాదు|సరి కాదు"
    "|ಮತ್ತೆ (?:ಲೆಕ್ಕ|ಪ್ರಾರಂಭ)|ತಪ್ಪು|ತಪ್ಪಾ|ಮರೆತ|ಸರಿಯಲ್ಲ|ವೀണ്ടും|വീണ്ടും|തെറ്റ|മറന്നു|ശരിയല്ല|නැවත|වැරදි"
    "|අමතක|නිවැරදි නැ",
    "th, lo": "(?:คิด|คำนวณ|นับ|เริ่ม|ทำ|คิดคำนวณ)(?:เลข)?ใหม่|ตั้งแต่ต้น|อีกครั้ง(?=$|[\\s.])"
    "|(?<!ถูก)(?<!รับ)ผิด(?!ชอบ)|ลืม|พลาด|ไม่(?:น่าจะ)?(?:ถูก|ใช่)|ຄິດໄລ່ໃໝ່|ຜິດ|ລືມ|ບໍ່ຖືກ",
    "km, my, am": "ម្តងទៀត|ខុស|ភ្លេច|មិនត្រឹមត្រូវ|ပြန်(?:တွက်|စ)|မှား|မေ့|မမှန်|እንደገና|ስህተት|ተሳሳት|ረሳሁ|ትክክል አይደለም",
}


def _any(table: dict[str, str]) -> str:
    return "|".join(table.values())


TAKES_BACK = Alternatives(_any(_AGAIN), _any(_AGAIN_IN_A_WORD))
"""What calls a value wrong, or begins anew, in a sentence of its own."""
