# ruff: noqa: RUF001  (words in other scripts)
"""Whose value a sentence gives: "according to my brother, the answer is 6" or "I thought it was 6" gives no answer.

A source is a person (not a theorem, the task or one's own calculation) behind "according to" or in front of a verb of
saying; the first person counts in the past tense only. What the sentence then concludes or contrasts is its own again:
"my friend says 5, so the answer is 6". Standard library only.
"""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.folding import vocabulary

_PERSON = {
    "en": r"(?:half-|step)?(?:brother|sister)s?|friends?|mothers?|fathers?|moms?|mums?|dads?|uncles?|aunts?|cousins?"
    r"|teachers?|classmates?|colleagues?|neighbou?rs?|roommates?|tutors?|professors?|buddy|grand(?:ma|pa|mother|father)"
    r"|wife|husband|coworkers?|deskmates?|textbook|answer key|internet|website|chatgpt|wikipedia|forum",
    "de": r"(?:stief)?(?:bruder|brüder|schwester)\w*|freund\w*|mutter|vater\w*|mama|papa|onkel\w*|tante\w*"
    r"|cousin\w*|lehrer\w*"
    r"|mitschüler\w*|kolleg\w+|nachbar\w*|oma|opa|professor\w*|klassenkamerad\w*",
    "nl, af": r"broer\w*|broertje|zus\w*|suster|vriend\w*|moeder|vader|oom|tante|neef|nicht|leraar|lerares|juf|meester"
    r"|klasgeno\w+|collega\w*|buurman|buurvrouw|oma|opa|onderwyser",
    "fr": r"frères?|sœurs?|soeurs?|amie?s?|copains?|copines?|mère|père|maman|papa|oncle|tante|cousine?|professeure?"
    r"|prof|camarades?|collègues?|voisine?|enseignante?|maîtresse",
    "es, gl": r"herman[oa]s?|amig[oa]s?|madre|padre|mamá|papá|tí[oa]|prim[oa]|profesora?|maestr[oa]|profe"
    r"|compañer[oa]s?|colegas?|vecin[oa]|irmá|irmán",
    "pt": r"irmãos?|irmãs?|amig[oa]s?|mãe|pai|ti[oa]|prim[oa]|professora?|colegas?|vizinh[oa]",
    "it": r"fratell\w+|sorell\w+|amic[oaih]+|madre|padre|mamma|papà|zi[oa]|cugin[oa]|professor\w*|prof|maestr[oa]"
    r"|insegnante"
    r"|compagn\w+|collega|vicin[oa]",
    "ca, ro": r"germà|germana|amic|amiga|mare|pare|mestra?|frate\w*|sor[aă]\w*|priete\w+|mam[aă]|mamei|tat[aă]|tatălui"
    r"|unchi\w*|profeso\w+"
    r"|coleg\w*|vecin\w*",
    "sv, da, no, is": r"bror\w*|brors|syster\w*|søster\w*|vän\w*|kompis\w*|ven|vennen?|veninde|venninne\w*|mamma|mor"
    r"|pappa|far|farbror|moster|lärare\w*|lærer\w*|klasskamrat\w*|klassekamerat\w*|kollega\w*|granne|nabo\w*|kusin"
    r"|bróðir|bróður|systir|vinur|vini|mamma|kennari|kennara",
    "fi, et": r"velj\w+|sisko\w*|siskon|ystäv\w+|kaver\w+|äiti\w*|äidin|isä\w*|setä\w*|täti\w*|opettaj\w+"
    r"|luokkakaver\w+"
    r"|venna\w*|õe|sõbra\w*|sõber|ema|isa|õpetaja\w*",
    "pl": r"brat\w*|siostr\w*|koleg\w+|koleżan\w+|przyjaci\w+|mam[ay]|tat[ay]|wuj\w*|ciot\w+|nauczyciel\w*|sąsiad\w*"
    r"|kuzyn\w*",
    "cs, sk": r"bratr\w*|brat\w*|sestr\w*|kamarád\w*|kamarát\w*|přítel\w*|priateľ\w*|mam\w{1,2}|mámy|táty|otc\w+|tét\w+"
    r"|strýc\w*|učitel\w*"
    r"|spolužá\w+|koleg\w*|soused\w*|sused\w*",
    "sl, hr": r"brat\w*|sestr\w*|prijatelj\w*|mam[ae]|tat[ae]|ujak\w*|tet[ae]|učitelj\w*|nastavni\w+|sošol\w+|koleg\w*"
    r"|susjed\w*|komšij\w*",
    "sr, mk, bg": r"брат\w*|сестр\w*|пријатељ\w*|пријател\w*|приятел\w*|мајк\w+|майк\w+|оца|отац|баща\w*|учител\w*"
    r"|наставни\w+|колег\w*|другар\w*|комши\w*",
    "ru": r"брат\w*|сестр\w*|друг[ау]?|друзь\w+|подруг\w*|мам[аыуе]|пап[аыуе]|отец|отц\w+|мать|матери|дяд[яи]|тёт\w+"
    r"|учител\w+|однокласс\w+"
    r"|коллег\w*|сосед\w*|преподавател\w+|приятел\w+",
    "uk": r"брат\w*|сестр\w*|друг\w*|подруг\w*|мам\w|тат\w|вчител\w+|однокласни\w+|колег\w*|сусід\w*|приятел\w+",
    "hu": r"bátyám|öcsém|testvér\w*|nővér\w*|húgom|barát\w*|anyám|apám|anyu|apu|nagybá\w+|taná\w+|osztálytárs\w*"
    r"|kolléga\w*|szomszéd\w*",
    "el": r"αδερφ\w+|αδελφ\w+|φίλ\w+|μητέρα|μαμά|πατέρα\w*|μπαμπά\w*|θεί\w+|δάσκαλ\w+|δασκάλ\w+|καθηγητ\w+"
    r"|συμμαθητ\w+|συνάδελφ\w*",
    "tr, az": r"abi\w*|ağabey\w*|kardeş\w*|abla\w*|arkadaş\w*|anne\w*|baba\w*|amca\w*|teyze\w*|öğretmen\w*|hoca\w*"
    r"|qardaş\w*|bacı\w*|dost\w*|müəllim\w*",
    "kk, uz": r"аға\w*|іні\w*|бауыр\w*|дос\w*|мұғалім\w*|aka\w*|uka\w*|do['ʻ‘’]st\w*|o['ʻ‘’]qituvchi\w*",
    "id, ms": r"kakak\w*|adik\w*|abang\w*|teman\w*|kawan\w*|ibu|ayah|bapa\w*|paman|bibi|guru\w*|tetangga\w*|sepupu\w*",
    "vi": r"anh(?: trai)?|chị(?: gái)?|em(?: trai| gái)?|bạn(?: tôi| thân| học)?|mẹ|bố|ba|chú|cô(?: giáo)?"
    r"|thầy(?: giáo)?|giáo viên",
    "tl, sw": r"kapatid|kuya|ate|kaibigan|nanay|tatay|guro|kaklase|kaka|dada|ndugu|rafiki|mama|baba|mjomba|shangazi"
    r"|mwalimu|jirani",
    "ar": r"(?:أخي|أخت[يه]?|صديق\w*|أمي|أبي|والد\w+|عم[يت]\w*|خال\w*|معلم\w*|أستاذ\w*|زميل\w*|جار[ي]\w*)"
    r"|(?:ل|ال)(?:أخي|أخت[يه]?|صديق\w*|أمي|أبي|والد\w+|معلم\w*|أستاذ\w*|زميل\w*)",
    "fa, ur": r"برادر\w*|خواهر\w*|دوست\w*|مادر\w*|پدر\w*|عمو\w*|معلم\w*|استاد\w*|همکلاسی\w*|بھائی|بہن|والد\w*|ہم جماعت",
    "he": r"[לה]?(?:אח|אחי|אחות|אחותי|חבר|חברי|חברה|חברתי|אמי|אמא|אבי|אבא|דוד|דודי|המורה|מורה|שכן|שכני)",
    "hy, ka": r"եղբ\w+|քույր\w*|ընկեր\w*|ուսուցիչ\w*|ძმ\w+|და(?=ს)\w*|მეგობ\w+|მასწავლებ\w+",
}
_PERSON_IN_A_WORD = (
    "(?:哥哥|弟弟|姐姐|妹妹|朋友|同学|同學|老师|老師|妈妈|媽媽|爸爸|叔叔|阿姨|同事|邻居|鄰居|同桌)们?"
    "|兄|弟|姉|妹|友達|友人|母|父|叔父|叔母|先生|同級生|クラスメート|同僚|隣人|祖父|祖母"
    "|형|누나|오빠|언니|동생|친구|엄마|아빠|어머니|아버지|삼촌|이모|선생님|동료|이웃"
    "|भाई|बहन|दोस्त|मित्र|माँ|मां|पिता|चाचा|शिक्षक|सहपाठी|ভাই|বোন|বন্ধু|মা|বাবা|শিক্ষক|মিত্র|भाऊ|बहीण"
    "|சகோதர|நண்ப|அம்மா|அப்பா|ஆசிரிய|సోదరు|స్నేహితు|అమ్మ|నాన్న|ఉపాధ్యాయ|ಸ್ನೇಹಿತ|ಅಣ್ಣ|ಶಿಕ್ಷಕ|സുഹൃത്ത|അധ്യാപ"
    "|ભાઈ|બહેન|મિત્ર|શિક્ષક|ਭਰਾ|ਭੈਣ|ਦੋਸਤ|ਅਧਿਆਪਕ"
    "|พี่ชาย|พี่สาว|น้องชาย|น้องสาว|เพื่อน|แม่|พ่อ|ลุง|ป้า|ครู|อาจารย์"
)
_ACCORDING = (
    r"according to|in the (?:opinion|view|words) of|laut|gemäß|nach (?:der )?(?:meinung|ansicht|aussage|auffassung)"
    r"(?: von)?|"
    r"volgens|selon|d['’]après|de l['’]avis de|según|conforme|de acordo com|na opinião d[eoa]"
    r"|segundo(?= (?:[oa]s? )?(?:meus?|minhas?|seus?|suas?|uma?)\b)"
    r"|secondo(?= (?:il |la |lo |l['’])?(?:mi[oa]|su[oa]|tu[oa]|nostr[oa]|una?)\b)"
    r"|stando a|a detta d\w+|segons|potrivit|conform|după|enligt|ifølge|ifølgje|samkvæmt|zdaniem|według"
    r"|podle|podľa|po mnenju|po besedah|prema|po mišljenju|po riječima|према|по мишљењу|според|по мнению|по словам"
    r"|со слов|за словами|на думку|κατά|σύμφωνα με|menurut|theo|theo lời|ayon (?:sa|kay)|kulingana na|kwa mujibu wa"
    r"|وفق[\w\u064b]*|بحسب|حسب|به گفت[هۀ]ٔ?ی?|به نظر|طبق (?:گفته|نظر)|بقول|לפי|לדברי|לדעת|על פי"
)
_BEHIND = (
    r"zufolge|szerint|mukaan|mielestä|sõnul|arvates|meelest|göre|görə|fikrincə|айтуынша|пікірінше"
    r"|ning fikricha|ga ko['ʻ‘’]ra|کے مطابق|کا کہنا|کے خیال میں|სიტყვებით|აზრით|խոսքերով|կարծիքով"
)
_QUOTES = "يقول|تقول|قال|قالت|يعتقد|تعتقد|يظن|تظن|يزعم|kata|sabi ng|sabi ni|bilang"
"""Verbs of saying with the person behind them."""
_SAYS_FREELY = {
    "en": "says?|said|thinks?|thought|believes?|believed|claims?|claimed|tells me|told (?:me|us)|insists?|insisted"
    "|guess(?:es|ed)?|reckons|answered|argues?|argued",
    "de": "sagt|sagte|sagen|meint|meinte|meinen|glaubt|glaubte|glauben|behauptet|behauptete|denkt|dachte",
    "nl": "zegt|zei|denkt|dacht|meent|beweert|beweerde|gelooft|vindt|sê",
    "sv, da, no, is": "säger|sade|sa|tror|trodde|påstår|påstod|menar|tycker|siger|sagde|sier|troede|mener|segir"
    "|heldur|telur",
    "fi, et": "sanoo|sanoi|luulee|luuli|väittää|väitti|uskoo|ütleb|ütles|arvab|arvas|väidab",
    "pl": r"mówi|powiedział\w?|myśli|myślał\w?|twierdzi\w?|uważa|sądzi",
    "cs, sk": r"říká|řekl\w?|tvrdí|myslí(?: si)?|hovorí|povedal\w?|vraví",
    "sl, hr, sr": "kaže|rekao|rekla|tvrdi|misli|pravi|trdi|meni|каже|рекао|рекла|тврди|мисли",
    "ru, uk, bg": r"говор[ия]т|сказал\w?|считает|думает|утверждает|полагает|каже|сказа\w+|вважає|думає|стверджує|казва"
    r"|каза|мисли|твърди|смята",
    "hu, el": "mondja|mondta|gondolja|állítja|λέει|είπε|νομίζει|πιστεύει|ισχυρίζεται",
    "tr, az": "diyor ki|dedi ki|der ki|söyledi|söylüyor|düşünüyor|deyir ki|dedi",
    "id, ms, tl, sw": "bilang|mengatakan|berkata|katanya|berpendapat|mengira|menjawab|anasema|alisema|anadhani"
    "|anafikiri",
    "vi": "nói(?: rằng)?|bảo(?: rằng)?|nghĩ(?: rằng)?|cho rằng|đoán",
    "ar": "يقول|تقول|قال|قالت|يعتقد|تعتقد|يظن|تظن|يزعم|تزعم",
    "fa, ur, he": r"می‌گوید|میگوید|گفت|گفته است|فکر می‌?کند|معتقد است|کہتا|کہتی|کہتے|אומר\w*|אמר\w*|חושב\w*|טוענ?\w*",
}
_SAYS_THAT = (
    r"(?:dit|disent|disait|a dit|pense|pensent|pensait|croit|croient|croyait|affirme|prétend|dice|dicen|dijo|decía"
    r"|piensa|piensan|pensó|pensaba|cree|creen|creyó|creía"
    r"|afirma|sostiene|opina|diz|dizem|disse|pensa|pensou|acha|acham|achou|acredita|afirmou|dicono|ha detto|pensano"
    r"|pensava|crede|credono|credeva"
    r"|afferma|ritiene|diu|diuen|creu|spune|spun|a spus|zice|a zis|susține|afirmă),?"
    r" (?:que|qu['’]|che|că)"
)
_PRONOUN = (
    r"he|she|they|er|sie|hij|zij|il|elle|ils|elles|on|él|ella|ellos|ele|ela|eles|lui|lei|loro|ell|han|hon|hun|hän|ta"
    r"|ona|oni|он|она|они|він|вона|вони|той|тя|αυτός|αυτή|dia|mereka|siya|yeye|هو|هي|او|הוא|היא"
)
_THOUGHT = {
    "en": r"(?:i|we|i['’]d|we['’]d) (?:had |first |at first |initially |originally |once |wrongly |mistakenly ){0,2}"
    r"(?:thought(?! (?:about|of|through|carefully|hard))|believed|assumed|guessed|supposed|suspected)",
    "de": r"(?:ich (?:zuerst |erst |zunächst )?(?:dachte|glaubte|meinte|vermutete|hatte gedacht)|(?:dachte|glaubte"
    r"|vermutete|hätte) ich)(?! (?:\w+ )?nach)",
    "nl": r"ik (?:eerst )?dacht|dacht ik|ik meende",
    "fr": r"je (?:pensais|croyais|supposais)|j['’](?:ai (?:d['’]abord )?(?:pensé|cru|supposé)|avais (?:pensé|cru))",
    "es, ca, gl": r"(?:yo )?(?:pensé|pensaba|creí|creía|supuse|suponía|había pensado) que|vaig pensar|pensava que"
    r"|pensei que",
    "pt": r"(?:eu )?(?:pensei|pensava|achei|achava|acreditava|supus) que",
    "it": r"(?:io )?(?:pensavo|credevo|supponevo|ho pensato|avevo pensato) che",
    "ro": r"credeam|am crezut|mă gândeam|am presupus",
    "sv, da, no, is": r"(?:jag|jeg) (?:först |først )?(?:trodde|troede|tänkte|tenkte|tænkte)|(?:trodde|troede|tänkte"
    r"|tenkte) (?:jag|jeg)|ég hélt",
    "fi, et": "luulin|ajattelin(?= että|, että)|arvelin|arvasin|mõtlesin",
    "pl, cs, sk": r"myślał[ae]m|sądził[ae]m|wydawało mi się|uważał[ae]m|myslel[a]? (?:jsem|som)(?: si)?"
    r"|(?:jsem|som)(?: si)? (?:(?:nejprve|nejdřív|najprv|najskôr|původně|pôvodne) )?(?:myslel|domníval|mysle)[ao]?"
    r"|domníval[a]? jsem se",
    "sl, hr, sr": r"mislil[a]? sem|mislio sam|mislila sam|mislio|мислио сам|мислила сам",
    "ru, uk, bg, mk": r"(?:я (?:сначала |сперва |спочатку )?)?(?:думал[а]?|считал[а]?|полагал[а]?|думав|думала|вважав"
    r"|вважала)(?: я)?|мне казалось|мені здавалось|мислех|помислих|мислев",
    "hu": "azt hittem|azt gondoltam",
    "el": "νόμιζα|νόμισα|πίστευα|υπέθεσα",
    "tr, az": r"sanıyordum|sanmıştım|sandım|zannettim|zannediyordum|düşünmüştüm|düşünüyordum|elə bilirdim",
    "id, ms": r"(?:saya|aku) (?:sangka|pikir tadinya|kira tadinya|telah mengira)|tadinya saya (?:kira|pikir)",
    "vi": r"tôi (?:cứ )?tưởng|tôi đã (?:nghĩ|tưởng)|mình (?:cứ )?tưởng",
    "tl, sw": "akala ko|inakala ko|nilidhani|nilifikiri|niliamini",
    "ar": "ظننت|كنت أظن|اعتقدت|كنت أعتقد|حسبت أن",
    "fa, ur": r"فکر (?:می‌?)?کردم|گمان (?:می‌?)?کردم|خیال (?:می‌?)?کردم|میرا خیال تھا|میں نے سوچا|مجھے لگا",
    "he": "חשבתי|סברתי",
}
_THOUGHT_IN_A_WORD = (
    "मुझे लगा|मैंने सोचा|मला वाटले|ভেবেছিলাম|মনে হয়েছিল|নினைத்தேன்|நினைத்தேன்|అనుకున్నాను|ಅಂದುಕೊಂಡಿದ್ದೆ|എന്ന് കരുതി"
    "|นึกว่า|เคยคิดว่า|ตอนแรกคิด|我(?:原|本|还|還|一直)?(?:以为|以為)|我(?:原|本)(?:来|來)?想"
)


def _any(table: dict[str, str]) -> str:
    return "|".join(table.values())


_PERSONS, _SAYS = _any(_PERSON), _any(_SAYS_FREELY)
_FEW_WORDS = r"(?: [^\W\d_]+){0,2}?"
SPOKEN = Alternatives(
    rf"(?:{_ACCORDING}|{_QUOTES}){_FEW_WORDS}[ '’](?:{_PERSONS})"
    rf"|(?:{_PERSONS}|{_PRONOUN}){_FEW_WORDS} (?:{_BEHIND}|{_SAYS}|{_SAYS_THAT})|{_any(_THOUGHT)}",
    rf"据[^，。,]{{0,8}}(?:{_PERSON_IN_A_WORD})|(?:{_PERSON_IN_A_WORD})(?:[说說講讲]|认为|認為|觉得|覺得|告诉我|告訴我"
    r"|[^、。,]{0,4}(?:によると|によれば|いわく|曰く)|[^.,]{0,3}(?:에 따르면|말로는|말에 따르면)"
    r"| ?(?:जी )?(?:के (?:अनुसार|मुताबिक)|ने कहा|का कहना|कहता|कहती|कहते)|[^\s,।]{0,3} ?(?:এর মতে|র মতে|মতে|বলেছে)"
    r"|[^\s,]{0,8} ?(?:படி|கருத்துப்படி|ప్రకారం|ಪ್ರಕಾರ|പ്രകാരം)|(?:ના|ની)? ?(?:મતે|અનુસાર)| ?ਦੇ (?:ਅਨੁਸਾਰ|ਮੁਤਾਬਕ)"
    rf"|[^\s]{{0,6}}(?:บอกว่า|คิดว่า|พูดว่า|ตอบว่า))|ตาม(?:ที่|คำ)[^\s]{{0,6}}(?:{_PERSON_IN_A_WORD})|{_THOUGHT_IN_A_WORD}",
)
"""A person's saying, or a thought of one's own that is past."""
KEYS = Alternatives(
    rf"{_ACCORDING}|{_QUOTES}|{_BEHIND}|{_SAYS}|{_SAYS_THAT}|{_any(_THOUGHT)}",
    rf"ตามที่|ตามคำ|据|{_PERSON_IN_A_WORD}|{_THOUGHT_IN_A_WORD}",
)
"""One of these is in whatever the other patterns find; most sentences have none."""
NAMED = Alternatives(rf"{_SAYS_THAT}|(?:{_SAYS})(?! \d)")
_OWN_AGAIN = Alternatives(
    "so|thus|hence|therefore|but|and|because|since|however|then|also|daher|somit|deshalb|folglich|aber|und|denn|weil"
    "|dus|daarom|maar|en|want|omdat|donc|mais|et|car|parce|ainsi|por|pero|y|porque|entonces|luego|portanto|logo|mas|e"
    "|então|quindi|dunque|ma|perché|però|alltså|men|och|altså|og|derfor|siis|joten|mutta|ja|koska|więc|zatem|ale|i"
    "|bo|tedy|proto|takže|protože|dakle|stoga|jer|но|и|поэтому|значит|потому|але|і|бо|тому|tehát|és|mert|ezért"
    "|deci|dar|și|fiindcă|άρα|αλλά|και|επομένως|γιατί|ama|ve|çünkü|yani|jadi|tetapi|dan|karena|maka|nhưng|và|vậy|nên"
    "|vì|kaya|lakini|لكن|إذن|لذلك|لأن|اما|پس|چون|لیکن|אבל|לכן|כי(?= \\d)",
    "但|所以|因此|而|因为|因為|しかし|だから|よって|ので|하지만|그래서|따라서|लेकिन|इसलिए|क्योंकि|কিন্তু|তাই|แต่|ดังนั้น|เพราะ",
)
"""Behind one of these a sentence no longer says what another one does."""
_NO_NAMES = vocabulary(
    "it this that which what problem question equation theorem formula rule i we you one as autrement ich wir du je tu "
    "nous vous on yo tú nosotros eu nós você io noi ik wij we jag vi jeg minä me ja ty my já ja jas én mi εγώ ben biz "
    "saya aku kami tôi mình ako ja я ты мы ми ми аз ние"
)
_TO_A_NAME = re.compile(
    r"\b(?:[Aa]ccording to|[Ss]elon|[Dd]['’]après|[Ss]egún|[Dd]e acordo com|[Ss]egundo|[Ss]econdo|[Ee]nligt|[Vv]olgens"
    r"|[Ww]edług|[Zz]daniem|[Mm]enurut|[Ii]følge|[Pp]odle|[Pp]odľa|[Pp]rema|[Pp]otrivit)"
    r" (?:(?:el|la|le|[oa]s?|il|lo) )?([A-ZÀ-Ž][^\W\d_]+)"
)
_MATHEMATICIANS = tuple(
    vocabulary(
        "pyth pitá pita viet viè fermat euler gauss thal tale heron héron eucl eukl newton cauchy bayes bernoulli "
        "lagran l'h lhop hôp descart taylor ptol ceva menel stewart wilson lucas legend rolle bolz weier ramsey "
        "burnside pascal moivre table figure step equation theorem rule law given problem"
    )
)
"""Beginnings of names that stand for a theorem, and of words that a capital may begin."""
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\s*$")
_MOST_CHARS = 120


def is_anothers(before: str) -> bool:
    """Whether the part of a sentence in front of its value says whose that is, or that it was once believed in.

    >>> is_anothers("According to my brother, it is "), is_anothers("Bob says that the answer is ")
    (True, True)
    >>> is_anothers("According to the theorem it is "), is_anothers("My friend says no, but the answer is ")
    (False, False)
    """
    before = before[-_MOST_CHARS:]
    if KEYS.search(before) is None:
        return False
    return any(_OWN_AGAIN.search(before[end:]) is None for end in _ends_of_sources(before))


def is_said_behind(rest: str) -> bool:
    """Whether the rest of a sentence behind its value says that it is another's.

    >>> is_said_behind(" according to my brother."), is_said_behind(", and my brother says 7.")
    (True, False)
    """
    if KEYS.search(rest) is None:
        return False
    sources = (SPOKEN.search(rest), _TO_A_NAME.search(rest))
    return any(
        source is not None
        and _OWN_AGAIN.search(rest[: source.start()]) is None
        and not any(char.isdecimal() for char in rest)
        for source in sources
    )


def _ends_of_sources(before: str) -> list[int]:
    """Where the mentions of another, or of a past thought, end, behind which no number stands."""
    ends = []
    if (spoken := SPOKEN.search(before)) is not None:
        ends.append(spoken.end())
    if (said := NAMED.search(before)) is not None:
        name = _WORD_BEFORE.search(before[: said.start()])
        if name is not None and name[1][0].isupper() and name[1].lower() not in _NO_NAMES:
            ends.append(said.end())
    if (source := _TO_A_NAME.search(before)) is not None and not source[1].lower().startswith(_MATHEMATICIANS):
        ends.append(source.end())
    return [end for end in ends if not any(char.isdecimal() for char in before[end:])]
