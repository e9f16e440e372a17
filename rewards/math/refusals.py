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
    "tr, az": r"yanlış(?! (?:ol(?:an|du)|sayı|soru))(?!lar)\w*|hatalı\w*|səhv\w*",
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
    "of oneself": r"geirrt|irrte mich|lag (?:ich )?falsch|im irrtum|verrechnet|me suis trompée?|avais tort|me trompais"
    r"|me equivoqu\w+|me equivocaba|estaba mal|me enganei|enganei-me|errei|me equivoquei|mi sbagliavo"
    r"|mi (?:sono|ero) sbagliat\w|avevo torto|het mis|vergiste? (?:me|mij)|pomylił\w*|mylił[ae]m|w błędzie|mýlil\w*"
    r"|zmýlil\w*|spletl\w*|pomýlil\w*|hade fel|tog fel|tok feil|tog fejl|ошиб(?:ся|лась|ался|алась)|не прав[аы]?"
    r"|помилив\w*|помилявся|сгреших|tévedtem|m-am înșelat|mă înșelam|am greșit|yanıldım|yanılmış\w*|yanılıyor\w*"
    r"|(?:đã|tôi|bị) nhầm|أخطأت|(?:كنت )?مخطئ\w*|טעיתי|nilikosea|nimekosea|nagkamali",
    "masculine": r"pogrešan|pogrešen|netočan|netačan|napačen|neispravan|погрешан|погрешен|нетачан|неточен"
    r"|неправилен|грешен|невірний",
    "et, sl": r"(?:on|oli) vale|narobe",
    "of good and bad": r"est[áaà]n? mal|gaizki|rangt|rangur|няправільн\w+|няверн\w+|mali (?:iyon|ito|iyan|yan)"
    r"|anghywir|mícheart|botún|[cg]amgymeriad|silap|tersilap|туура эмес|жаңыл\w+|буруу|дұрыс емес",
    "kk, uz": r"қате|дұрыс емес|noto['ʻ‘’]g['ʻ‘’]ri",
    "sq": r"gabim|i pasaktë",
}
WRONG_IN_A_WORD = (
    "(?<![\u0900-\u0dff])(?:ग़लत|गलत|चूक|ভুল|चुकी|தவற|తప్పు|ತಪ್ಪು|തെറ്റ|ખોટ|ਗਲਤ|වැරදි|වැරදු)|(?<!รับ)ผิด|ຜິດ|ខុស|ច្រឡំ|မှား"
    "|틀[린렸리]|오답|잘못|될 수 없|일 수 없|不正解|不正[确確]|[误誤](?!差)|[错錯](?:的|了)|[算想弄搞看][错錯]"
    "|არასწორ|սխալ|ስህተት|ተሳስ|ተሳሳት"
)
"""Of scripts that write words together, or inflect them at their end."""

_DOUBTS = (
    r"supongamos|supposons|angenommen|supponiamo|suponhamos|предположим|допустим|припустимо|załóżmy|tegyük fel"
    r"|je doute|(?<!no )dudo que|(?<!não )duvido que|(?<!non )dubito che|(?<!no )dubto que|mă îndoiesc"
    r"|(?<!nie )wątpię|pochybuj\w+|(?<!ne )sumnjam"
    r"|bezweifle(?! nicht)|(?<!не )сомневаюсь|неправда|stimmt nicht|non è vero|não é verdade|no es cierto"
    r"|no es verdad|nie jest "
    r"prawdą|není (?:to )?pravda|nie je (?:to )?pravda|to však nie je pravda"
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
    r"|(?:(?:do|does|did|can|could|would) not|cannot|(?:do|does|did|ca|could|would)n['’]t)"
    r" (?:think|believe|say|claim|conclude)"
    r"|netiki|nezinau|neticu|nezinu|ei usu|ei tea|не веря|nuk e di|bilmirəm|bilmayman|білмеймін"
)
_DOUBTS_IN_A_WORD = (
    "假设|假設|仮定|仮に|가정|नहीं लगता|नहीं पता|মনে হয় না|জানি না|ไม่แน่ใจ|ไม่คิดว่า|ไม่รู้|不认为|不認為"
    "|不觉得|不知道|不清楚|不确定|不相信|(?<!毫不)(?<!不容)[怀懷]疑|思いません|思えません|思われません|考えません"
    "|믿지 않|의심(?!의 여지)"
    "|不確定|思わな|ないと思|わからな|分からな"
    "|생각하지 않|모르|확실하지 않"
)
_MORE_DOUBTS = {
    "en": r"hardly|scarcely|skeptical|sceptical|be (?:surprised|amazed) if",
    "es, ca, gl": r"dudoso|improbable|no estic segur\w*|no crec|(?<!non )dubido que|non estou segur\w*",
    "fr": r"(?<!pas )doute que|ne suis pas (?:certaine?|convaincue?)|douteux",
    "pt, it": r"duvidoso|improvável|improbabile|dubbio che|non sono (?:sicur\w|cert\w)",
    "de": r"(?:zweifle|bezweifeln wir) (?:daran|ob)|zweifelhaft|unwahrscheinlich",
    "nl, af": r"betwijfel|twijfel of|geloof niet|niet zeker|twyfel of|glo nie|dink nie",
    "sv": r"tvivlar på|är inte säker|är osäker|tror knappast",
    "da, no": r"tvivler på|tviler på|er ikke sikker|er usikker",
    "is": r"efast um|held ekki|trúi ekki|er ekki viss",
    "fi, et": r"epäilen|en ole varma|en luule|en ajattele|(?<!ei )kahtlen|ei arva|ei ole kindel|pole kindel",
    "pl": r"nie wierzę|nie jestem pew\w+|nie uważam|wątpliwe",
    "cs, sk": r"nevěřím|nejsem si jist\w+|neverím|nie som si ist\w+|nemyslím|pochybné",
    "sl, hr, sr": r"dvomim|ne verjamem|nisem prepričan\w*|ne vjerujem|ne verujem|nisam sigur\w+|(?<!не )сумњам"
    r"|не верујем|нисам сигур\w+",
    "hu": r"kétlem|kételkedem|nem gondolom|nem vagyok biztos",
    "ro": r"nu sunt sigur\w*|îndoielnic",
    "ru": r"не уверены?|сомнительно|вряд ли|едва ли|маловероятно",
    "uk, be": r"(?<!не )сумніваю\w+|не вірю|не впевнен\w+|навряд чи|(?<!не )сумняваюся",
    "bg, mk": r"съмнявам се|не вярвам|(?<!не )се сомневам|не верувам|не мислам|едва ли",
    "tr, az": r"şüpheliyim|şüphe (?:ediyorum|duyuyorum)|kuşkuluyum|inanmıyorum|inanmıram|düşünmürəm|şübhə edirəm"
    r"|şübhəliyəm|əmin deyil\w*",
    "kk, uz, ky, mn": r"күмәнданамын|күмәнім бар|ойламаймын|сенбеймін|shubha qilaman|shubham bor|ishonmayman"
    r"|o['ʻ‘’]ylamayman|ишенбейм|эргэлзэж|гэж бодохгүй",
    "lt, lv": r"nemanau|abejoju|netikiu|nesu tikr\w+|šaubos|nedomāju|neesmu pārliecin\w+",
    "el": r"δεν πιστεύω|(?<!δεν )αμφιβάλλω|δεν είμαι (?:σίγουρ\w+|βέβαι\w+)",
    "id, ms": r"(?<!tanpa )(?<!tidak )ragu(?![- ]ragu)|meragukan|tidak percaya|kurang yakin|tidak pasti",
    "vi": r"(?<!không )(?<!còn )nghi ngờ|không tin|không dám chắc",
    "tl, sw": r"nagdududa|duda ako|hindi ako (?:sigurado|naniniwala)|nina shaka|sidhani|siamini|sina uhakika",
    "ar": r"(?<!لا )أشك|لا أصدق|لست واثق\w*|غير متأكد|غير واثق|أستبعد",
    "fa, ur": r"شک دارم|تردید دارم|فکر نمی‌?کنم|باور نمی‌?کنم|بعید است|شک ہے|نہیں لگتا|یقین نہیں",
    "he": r"מסופק\w*|ספק אם|לא בטוח\w*|לא מאמי\w+",
    "sq, eu, cy, ga": r"dyshoj|nuk besoj|nuk jam i sigurt|zalantza dut|ez dut uste|ez nago ziur|dw i'n amau",
    "ka, hy, am": r"მეეჭვება|არ მგონია|კասկածում եմ|կասկածում եմ|չեմ կարծում|እጠራጠራለሁ|አይመስለኝም",
}
_MORE_DOUBTS_IN_A_WORD = {
    "hi, mr, ne": "संदेह है|शक है|विश्वास नहीं|यकीन नहीं|शंका आहे|वाटत नाही|शंका छ|लाग्दैन",
    "bn": "সন্দেহ (?:আছে|হয়|করি)|মনে করি না|বিশ্বাস করি না|নিশ্চিত নই",
    "ta, te": "சந்தேகமாக|சந்தேகிக்|நினைக்கவில்லை|நம்பவில்லை|తెలియదు|అనుకోను|అనుకోవడం లేదు|సందేహంగా",
    "kn, ml": "ಅನುಮಾನವಿದೆ|ಅನಿಸುವುದಿಲ್ಲ|സംശയമുണ്ട്|സംശയിക്കുന്നു|കരുതുന്നില്ല",
    "gu, pa": "શંકા છે|લાગતું નથી|ਸ਼ੱਕ ਹੈ|ਨਹੀਂ ਲੱਗਦਾ",
    "th, lo": "(?<!ต้อง)(?<!ข้อ)สงสัย|ไม่เชื่อ|ไม่มั่นใจ|ບໍ່ແນ່ໃຈ",
    "km, my": "មិនប្រាកដ|សង្ស័យ|မထင်ဘူး|မသေချာ",
    "zh": "难以相信|難以相信|不敢肯定|不敢确定|不敢確定|未必|不见得|不見得|不太可能",
    "ja": "疑わし|疑問です|とは限ら|信じられません|自信があ?りません|自信がない",
    "ko": "의문스|의문이(?!\\s*없)|확신하지 (?:않|못)|확신이 없|자신이 없|믿을 수 없",
}
DOUBTS = "|".join((_DOUBTS, *_MORE_DOUBTS.values()))
DOUBTS_IN_A_WORD = "|".join((_DOUBTS_IN_A_WORD, *_MORE_DOUBTS_IN_A_WORD.values()))
"""Words of a whole sentence that only supposes what it names, or does not believe it."""
