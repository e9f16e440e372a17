# ruff: noqa: RUF001  (words in other scripts)
"""Words that open the correction of an answer: "no, wait", "correction", "or rather", "scratch that", by language.

They count where a clause begins, since many of them mean something else within one. Whole words of spaced scripts stand
in the first table, those of scripts that write words together in the second.
"""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.words import truth

_OPENS = {
    "en": r"wait|hold on|hang on|oops|whoops|scratch (?:that|this|it)|strike (?:that|this|it)|cross (?:that|this"
    r"|it) out"
    r"|correction|erratum|on second thou?ght|my (?:mistake|bad)|no,? (?:that|it)|actually,? (?:no|it|that)"
    r"|sorry(?! (?:for|about))"
    r"|(?:or|but) rather|rather(?! than)|or,? better|on (?:second look|closer inspection)|make that|i (?:mean"
    r"|meant)|hmm|let me re(?:check|do|consider|count|compute"
    r"|calculate)|i (?:forgot|made (?:a|an) (?:mistake|error)|miscounted|misread|stand corrected)|delete (?:that|this)",
    "de": r"moment|halt|stopp?|warte\w*|korrektur|richtigstellung|berichtigung|verzeihung|pardon|sorry(?! for)|vielmehr"
    r"|besser gesagt|genauer(?: gesagt)?|oder (?:besser|vielmehr|genauer)|ich habe (?:mich|einen fehler)"
    r"|ich meine|nein,? (?:das|es|moment)|streichen wir|streiche|streich|das streichen|doch nicht",
    "nl, af": r"wacht|wag|moment|correctie|regstelling|rectificatie|pardon|sorry(?! for)|of (?:liever|beter"
    r"|eerder)(?: gezegd)?"
    r"|liever gezegd|beter gesê|streep|schrap|trek (?:dit|dat) dood|ik bedoel|nee,? (?:dat|het|dit)|toch niet",
    "fr": r"attends|attendez|pardon|rectification|correction|erratum|(?:ou )?plutôt(?! que)|ou (?:mieux|plus"
    r" exactement)"
    r"|plus (?:exactement|précisément)|je (?:veux|voulais) dire|je me suis|non,? (?:c['’]est|ce)|barr(?:ons|ez|e)"
    r"|ray(?:ons|ez)|biff(?:ons|ez)|oups",
    "es, gl": r"espera|esperen|espere|perdón|perdoa|corrección|fe de erratas|rectific\w+|me equivoqué|equivoqueime"
    r"|(?:o|ou) (?:mejor|mellor) (?:dicho|dito)|(?:o|ou) (?:más|máis) bien|mejor dicho|mellor dito|más (?:bien"
    r"|exactamente)"
    r"|quiero decir|quero dicir|digo|tach(?:emos|ad|a|o|en)|borr(?:emos|ad|a|en)|risc(?:ade|ar|amos)|no,? (?:es|eso)",
    "pt": r"peraí|espere?|perdão|desculp\w+|correção|errata|retific\w+|errei|me enganei|ou (?:melhor|antes)"
    r"|(?:ou )?melhor(?: dizendo)?|aliás|mais precisamente|quero dizer|quis dizer|digo|risqu\w+|risc(?:amos|ar|o)"
    r"|apag(?:uem|ue|ar)|não,? (?:é|isso)|opa",
    "it": r"aspett\w+|scusa\w*|correzione|errata|rettific\w+|mi sono sbagliat\w+|ho sbagliato|(?:o|anzi) meglio"
    r"|meglio(?: detto)?|anzi|(?:o )?piuttosto|più (?:precisamente|esattamente)|voglio dire|volevo dire|intendo"
    r"|cancell(?:iamo|ate|a|o)|no,? (?:è|non)|ops",
    "ca": r"espera|esperem|perdó|correcció|rectific\w+|(?:o|més) (?:més )?(?:ben|ben) dit|o millor|millor dit|vull dir"
    r"|ratll(?:eu|em|a)|esborr(?:eu|em)|no,? (?:és|això)|m['’]he equivocat",
    "ro": r"stai|stați|așteaptă|greșeală|corecție|corectură|erată|rectific\w+|pardon|scuze|ba nu|mai (?:bine"
    r"|exact|corect)"
    r"(?: zis| spus)?|sau (?:mai bine|mai degrabă)|mai degrabă|vreau să spun|tăi(?:em|ați|ați)|ștergeți|ștergem",
    "sv": r"vänta|ursäkta|rättelse|korrigering|förlåt|oj|hoppsan|(?:eller )?(?:snarare|rättare sagt|hellre)|jag menar"
    r"|stryk(?:er)?|nej,? (?:det|nu|så)",
    "da, no, nn": r"vent|unnskyld|undskyld|rettelse|korrektur|korrigering|berigtigelse|beklager|ups|oi|oj"
    r"|(?:eller )?(?:rettere(?: sagt)?|snarere|heller|bedre sagt)|jeg mener|eg meiner|stryg|stryk|overstreg"
    r"|n[ae]i,? (?:det|så)|nej,? (?:det|så)",
    "is": r"bíddu|bíðið|afsakið|leiðrétting|(?:eða )?(?:réttara sagt|öllu heldur)|ég meina|strik(?:um|ið|a)"
    r"|nei,? (?:það)",
    "fi": r"odota\w*|hetkinen|anteeksi|korjaus|oikaisu|(?:tai )?(?:pikemminkin|oikeammin|paremminkin"
    r"|tarkemmin(?: sanottuna)?)"
    r"|siis ei|tarkoitan|yliviiva\w+|pyyhi\w*|poista\w*|ei,? (?:se|vaan)|hups",
    "et": r"oota\w*|pea|vabandust|parandus|õiendus|(?:või )?(?:õigemini|pigem|täpsemini)|ma mõtlen|tõmba(?:n|me)"
    r" (?:selle )?maha"
    r"|kustuta\w*|ei,? (?:see)",
    "lv": r"pagaid\w*|atvain\w*|labojums|precizējums|(?:vai )?(?:pareizāk|precīzāk|drīzāk)(?: sakot)?|svītro\w*"
    r"|nosvītro\w*"
    r"|nē,? (?:tas)|es gribēju teikt",
    "lt": r"palauk\w*|atsiprašau|pataisymas|patikslinimas|(?:ar )?(?:tiksliau|teisingiau|veikiau)(?: sakant)?"
    r"|išbrauk\w*"
    r"|nubrauk\w*|ne,? (?:tai)|norėjau pasakyti",
    "pl": r"czekaj\w*|zaczekaj\w*|poczekaj\w*|chwila|chwileczkę|zaraz|moment|pomyłka|poprawka|korekta|sprostowanie"
    r"|przepraszam|(?:a |czy |lub )?(?:raczej|właściwie)|(?:czy też )?lepiej mówiąc|dokładniej|skreśl\w+"
    r"|wykreśl\w+|nie,? (?:to|jednak)",
    "cs, sk": r"počkej\w*|počkať|počkat|počkajte|počkaj|moment|oprava|korekcia|korekce|omluv\w*|pardon|prepáč\w*"
    r"|promiň\w*"
    r"|(?:nebo |alebo |či )?(?:lépe|lepšie|přesněji|presnejšie|správněji|správnejšie|spíše|skôr)(?: řečeno| povedané)?"
    r"|škrt\w+|přeškrt\w+|preškrt\w+|vyškrt\w+|ne,? (?:to|je)|nie,? (?:to|je)|vlastně ne|vlastne nie",
    "sl, hr": r"čekaj\w*|počakaj\w*|trenutek|trenutak|ispravak|ispravka|popravek|oprosti\w*|pardon"
    r"|(?:ali |ili |oziroma )?(?:bolje|točneje|točnije|tačnije|preciznije|pravilneje|radije|raje)(?: rečeno| povedano)?"
    r"|prekriž\w+|precrta\w+|prečrta\w+|ne,? (?:to|je)",
    "sr, mk": r"чекај\w*|почекај\w*|исправка|поправка|извини\w*|опрости\w*|(?:или )?(?:боље|тачније|прецизније|поточно"
    r"|подобро)(?: речено| кажано)?|прецрта\w*|прекриж\w*|не,? (?:то|тоа|е|је)",
    "bg": r"чакай\w*|почакай\w*|момент|поправка|корекция|извинявай\w*|пардон|(?:или )?(?:по-точно|по-скоро|по-правилно"
    r"|всъщност не)(?: казано)?|задраск\w+|зачерк\w+|изтри\w+|не,? (?:това|е)",
    "ru": r"подожди\w*|погоди\w*|постой\w*|стоп|стой|минутку|секунду|поправка|исправление|исправляю\w*|опечатка"
    r"|уточнение"
    r"|извин\w+|прост(?:и|ите)|(?:или,? |а )?(?:вернее|точнее|скорее|правильнее|лучше сказать|то есть не)(?: сказать)?"
    r"|зач[её]рк\w+|вычёрк\w+|вычерк\w+|нет,? (?:это|не)|ошибся|ошиблась|хотя нет",
    "uk": r"зачека\w+|почекай\w*|стривай\w*|стоп|хвилинку|виправлення|поправка|уточнення|вибач\w*"
    r"|(?:або,? |чи,? |а )?(?:точніше|вірніше|радше|краще сказати|правильніше)(?: кажучи)?|закресл\w+|викресл\w+"
    r"|ні,? (?:це|не)|помилився|помилилася",
    "be": r"пачакай\w*|стоп|папраўка|выпраўленне|прабач\w*|(?:або,? |ці,? )?(?:дакладней|вярней|правільней|хутчэй)"
    r"|закрэсл\w+|выкрасл\w+|не,? (?:гэта)",
    "hu": r"várj\w*|várjunk|pillanat|bocsánat|elnézést|helyesbít\w*|javítás|pontosít\w*|(?:vagy |illetve )?(?:inkább"
    r"|helyesebben|pontosabban)(?: mondva)?|illetve|azaz nem|húzzuk|húzd|áthúz\w*|töröl\w*|nem,? (?:ez|az)|jaj",
    "el": r"περίμεν\w+|στάσου|μια στιγμή|διόρθωση|συγγνώμη|(?:ή )?(?:μάλλον|καλύτερα|ακριβέστερα|ορθότερα)|εννοώ"
    r"|διαγράφ\w+"
    r"|διαγράψ\w+|σβήν\w+|σβήσ\w+|όχι,? (?:είναι|αυτό)|ωπ|λάθος",
    "tr": r"dur(?:un)?|bekle\w*|pardon|özür dilerim|düzeltme|düzeltiyorum|(?:veya )?(?:daha doğrusu|daha doğru"
    r" bir deyişle)"
    r"|yani değil|pardon|demek istediğim|bunu (?:silelim|çizelim|silin|çizin)|üstünü çiz\w*|hayır,? (?:bu|o)|tüh",
    "az": r"gözləyin|gözlə|dayan\w*|düzəliş|düzəldirəm|üzr istəyirəm|daha (?:doğrusu|dəqiq)|bunu (?:pozaq|silək)"
    r"|yox,? (?:bu)",
    "kk, ky": r"күт\w*|тоқта\w*|токто\w*|түзету|оңдоо|түзөтүү|кешір\w*|кечир\w*|дәлірек(?: айтқанда)?|дұрысырағы"
    r"|тагыраагы"
    r"|тагыраак(?: айтканда)?|мұны сызып|муну өчүр\w*|сызып таста\w*|жоқ,? (?:бұл)|жок,? (?:бул)",
    "uz": r"to['ʻ‘’]xta\w*|kut\w*|tuzatish|kechir\w*|aniqrog['ʻ‘’]i|to['ʻ‘’]g['ʻ‘’]rirog['ʻ‘’]i|buni o['ʻ‘’]chir\w*"
    r"|o['ʻ‘’]chirib tashla\w*|yo['ʻ‘’]q,? (?:bu)",
    "mn, tg": r"хүлээ\w*|засвар|залруулга|уучлаарай|яг үнэндээ|зөвөөр хэлбэл|дарц\w*|үүнийг дар\w*|сабр|ислоҳ|бубахшед",
    "id, ms": r"tunggu|sebentar|maaf|koreksi|ralat|pembetulan|ups|(?:atau )?(?:lebih (?:tepat(?:nya)?|benar(?:nya)?))"
    r"|atau (?:lebih baik|tepatnya)|maksud (?:saya|aku)|coret|hapus|padam\w*|batalkan|bukan,? (?:itu|ini)|eh",
    "vi": r"khoan|đợi (?:đã|chút)|chờ (?:đã|chút)|xin lỗi|nhầm(?: rồi)?|đính chính|sửa lại|(?:hay )?(?:đúng hơn"
    r"|chính xác hơn"
    r"|nói đúng hơn)(?: là)?|ý (?:tôi|mình) là|gạch bỏ|bỏ (?:đi|cái đó)|xóa|không,? (?:phải|đó)",
    "tl": r"sandali\w*|teka|pagwawasto|pagtatama|paumanhin|pasensya|(?:o )?mas (?:tama|tumpak)|ibig kong sabihin"
    r"|burahin"
    r"|tanggalin|hindi,? (?:ito|iyon)|nagkamali ako",
    "sw": r"subiri\w*|ngoja|samahani|marekebisho|sahihisho|au tuseme|(?:au )?(?:kwa usahihi zaidi|afadhali)"
    r"|namaanisha|futa"
    r"|hapana,? (?:si|ni)",
    "sq": r"prit\w*|ndalo|korrigjim|ndreqje|më falni?|(?:ose )?më (?:mirë|saktë|saktësisht)(?: të themi)?|dua të them"
    r"|fshi\w*|jo,? (?:kjo|është)",
    "eu": r"itxaron|itxoin|zuzenketa|barkatu|(?:edo )?(?:hobeto|zehatzago)(?: esanda)?|ezabatu|ez,? (?:hori)",
    "ga": r"fan(?: nóiméad)?|ceartúchán|gabh mo leithscéal|(?:nó )?níos (?:fearr|cruinne)|scrios|ní hea",
    "cy": r"arhos\w*|cywiriad|sori|mae['’]n ddrwg gen i|(?:neu )?(?:yn hytrach|yn fwy cywir)|dilë\w*|na,? (?:mae)",
    "ka": r"მოიცადე\w*|დაიცადე\w*|შესწორება|ბოდიში|(?:ან )?უფრო (?:სწორად|ზუსტად)|წავშალ\w*|გადავხაზ\w*|არა,? (?:ეს)",
    "hy": r"սպասեք|սպասիր|ուղղում|ներողություն|(?:կամ )?ավելի (?:ճիշտ|ճշգրիտ)|ջնջ\w+|ոչ,? (?:դա|սա)",
    "ar": r"انتظر\w*|مهلا|مهلاً|لحظة|عذرا|عذرًا|عذراً|تصحيح|تصويب|استدراك|(?:أو )?(?:بالأحرى|الأصح|على الأصح|بدقة أكبر)"
    r"|بل|أقصد|أعني|نشطب|اشطب\w*|احذف\w*|لا،? (?:هذا|بل)",
    "fa": r"صبر کن\w*|ببخشید|اصلاح(?:یه)?|تصحیح|(?:یا )?(?:بهتر بگویم|دقیق‌?تر(?: بگویم)?|درست‌?تر)|بلکه|منظورم"
    r"|(?:این|آن) را (?:خط|حذف|پاک)\S*|خط بزن\w*|نه،? (?:این)",
    "ur": r"ٹھہر\w+|رکیں|رکیے|رکو|معاف\w*|تصحیح|درستی|بلکہ|(?:یا )?(?:یوں کہیں|صحیح تر)|میرا مطلب|اسے (?:کاٹ"
    r"|مٹا)\w*|نہیں،? (?:یہ)",
    "he": r"רגע|חכו|חכה|סליחה|תיקון|(?:או )?(?:ליתר דיוק|יותר נכון|מוטב)|כלומר לא|התכוונתי|מחק\w*|נמחק|לא,? (?:זה)",
    "am": r"ቆይ\w*|እርማት|ይቅርታ|(?:ወይም )?በትክክል|ሰርዝ\w*|ይህን ሰርዝ",
    "yo, ha, zu": r"dúró|àtúnṣe|jira|gyara|linda|isilungiso|kunalokho",
}
_OPENS_IN_A_WORD = {
    "zh": "等等|等一[下会會]|慢着|慢著|且慢|抱歉|更正|勘[误誤]|[纠糾]正|算[错錯]|不[对對]|应该说|應該說"
    "|[确確]切地?[说說]|准[确確]地?[说說]"
    "|或者说|或者說|更[准準][确確]|[划劃]掉|[删刪]掉|[删刪]去|作[废廢]|不,|不，|哦不|啊不",
    "ja": "待って|ちょっと待|すみません|失礼|訂正|修正|いや|いえ|というより|と言うより|むしろ|正しくは"
    "|正確に(?:は|言)|もとい|取り消|取消|消し"
    "|やっぱり|やはり違",
    "ko": "잠깐|잠시|아니|죄송|정정|수정|정확히(?:는| 말하)|더 정확히|오히려|다시 말하|취소|지우|삭제|그게 아니",
    "hi, mr, ne": "रुक|ठहर|थांब|पर्ख|क्षमा|माफ|सुधार|दुरुस्ती|सच्या|संशोधन|या (?:यूँ|यों|यूं) कह|बल्कि|वास्तव में नहीं|किंवा असे"
    "|उलट|वा भन|इसे (?:काट|हटा|मिटा)|हे (?:खोड|काढ|पुस)|यसलाई (?:काट|हटा|मेट)|नहीं,|नाही,|होइन,",
    "bn": "দাঁড়|দাঁড়|থাম|অপেক্ষা|দুঃখিত|সংশোধন|বরং|অথবা বল|সঠিকভাবে বল|এটা (?:কেট|কাট|মুছ|বাদ)|না,",
    "gu, pa": "થોભ|રાહ|માફ|સુધાર|અથવા કહ|ખરેખર તો|આ (?:કાઢ|ભૂંસ)|ના,|ਰੁਕ|ਠਹਿਰ|ਮਾਫ਼|ਸੋਧ|ਜਾਂ ਕਹ|ਸਗੋਂ|ਇਸ ?ਨੂੰ (?:ਕੱਟ|ਮਿਟਾ)|ਨਹੀਂ,",
    "ta, te, kn, ml, si": "பொறு|மன்னி|திருத்த|சரியாகச் சொன்னால்|மாறாக|அதை (?:நீக்|அடி|அழி)|இல்லை,|ఆగ|క్షమి|సవరణ|సరిగ్గా"
    " చెప్ప|దాన్ని (?:కొట్ట|తీసే)"
    "|కాదు,|ನಿಲ್ಲ|ಕ್ಷಮಿ|ತಿದ್ದು|ಸರಿಯಾಗಿ ಹೇಳ|ಅದನ್ನು (?:ಅಳಿಸ|ತೆಗೆ)|ಇಲ್ಲ,|നിൽക്ക|ക്ഷമി|തിരുത്ത|കൃത്യമായി പറ|അത് (?:വെട്ട|മായ്)|അല്ല,"
    "|ඉන්න|සමාව|නිවැරදි කිරීම|හරියටම කිව|එය (?:කප|මක)|නැහැ,",
    "th, lo": "เดี๋ยว|ขอโทษ|ขออภัย|แก้ไข|แก้คำ|หรือพูดให้ถูก|หรือที่ถูก|พูดให้ถูก|ขีดฆ่า|ลบ(?:อัน|ข้อ|ทิ้ง)|ไม่ใช่ |ລໍຖ້າ|ຂໍໂທດ|ແກ້ໄຂ"
    "|ຫຼືເວົ້າໃຫ້ຖືກ|ຂີດອອກ|ລຶບ",
    "km, my": "ចាំ|ទេ (?=\\S)|មិនមែនទេ|မဟုတ်ဘူး|សូមទោស|កែ(?:តម្រូវ)|ឬនិយាយ|លុប|ខဏ|ခဏ|တောင်းပန်|ပြင်ဆင်|အတိအကျပြော|ဒါကိုဖျက်|ဖျက်ပါ",
}
OPENS = Alternatives("|".join(_OPENS.values()), "|".join(_OPENS_IN_A_WORD.values()))
CLAUSES = re.compile(r"[,;:，、；：،؛፣\u2014\u2013]|\s-\s|\.\.\.|…")
EDGES = " \t\n*_\"'“”«»().!¡።၊။։۔।។-\u2014\u2013…"
_MOST_CLAUSES = 3
_FILLERS = re.compile(
    r"(?:(?:oh|ah|uh|um|ay|ai|och|ach|aj|oj|well|actually|but|en fait|en réalité|de hecho|en realidad|na verdade"
    r"|na realidade"
    r"|in realtà|in effetti|eigentlich|aber|tatsächlich|eigenlijk|maar|egentligen|egentlig|men|itse asiassa"
    r"|tegelikult|właściwie"
    r"|ale|vlastně|vlastne|zapravo|pravzaprav|заправо|всъщност|на самом деле|вообще-то|ой|но|насправді|valójában"
    r"|de fapt"
    r"|στην πραγματικότητα|aslında|sebenarnya|thật ra|في الواقع|در واقع|למעשה)[\s,:]+)+",
    re.IGNORECASE,
)
"""Words that may stand in front of a "no"."""


def opens_correction(sentence: str) -> bool:
    """Whether a sentence begins as the correction of an answer; `no` alone counts where more stands behind it.

    >>> opens_correction("Wait, it is 14."), opens_correction("Nein, es sind 14"), opens_correction("It is 14")
    (True, True, False)
    """
    start = sentence.lstrip(EDGES)[:120]
    if OPENS.opens(start):
        return True
    filler = _FILLERS.match(start)
    clauses = CLAUSES.split(start[filler.end() :] if filler else start)
    is_more = len(clauses) > 1 or filler is not None
    if is_more and any(truth(clause.strip(EDGES).lower()) == "no" for clause in clauses[:_MOST_CLAUSES]):
        return True
    return any(OPENS.opens(clause.strip(EDGES)) for clause in clauses[1:_MOST_CLAUSES])
