# ruff: noqa: RUF001  (words in other scripts)
"""What keeps a value from being the answer of its sentence, in the languages of the phrases: "not", "more than", "or".

Words of spaced scripts are matched whole. A comparison counts where the words that make it one are there: "mayor que",
not "mayor", which also names the larger of two numbers.
"""

from __future__ import annotations

import re

from rewards.math import connectives
from rewards.math.alternatives import Alternatives
from rewards.math.refusals import DOUBTS, DOUBTS_IN_A_WORD, WRONG, WRONG_IN_A_WORD

_NOT = {
    "en": r"not|never|cannot|wrong|incorrect|anything but|far from|nowhere near"
    r"|(?:is|are|was|were|do|does|did|ca|could|would|wo|should|must|need|have|has|had|ai|might|sha|dare|ought)n['’]t",
    "es, ca": r"no (?:es|és|son|sería|seria|será|serà|vale|puede ser)"
    r"|no (?:llegan? a|alcanzan?|quedan?|hay|tienen?)|no(?= [\d$\\])|tampoco",
    "fr": r"pas|aucun cas|aucunement|nullement",
    "in no case": r"ningún caso|ninguna manera|ningún modo|modo (?:algum|nenhum)|caso algum|hipótese alguma"
    r"|jeito nenhum|nessun caso|nessun modo|nient['’]affatto|geen geval|allerminst|inga omständigheter|inget sätt"
    r"|aldrig|ingen omstændigheder|slet ikke|ingen måte|missään nimessä|mingil juhul|żadnym (?:razie|wypadku)"
    r"|bynajmniej|žádném případě|žiadnom prípade|kom slučaju|kojem slučaju|nikako|коем случае|отнюдь|якому разі"
    r"|аж ніяк|никакъв случай|semmiképp(?:en)?|semmi esetre|niciun caz|nicidecum|καμία περίπτωση|με τίποτα"
    r"|hiçbir şekilde|kesinlikle olmaz|asla|heç vaxt|heç cür|sama sekali bukan|mustahil|بأي حال|إطلاقا|قطعا لا"
    r"|هیچ وجه|שום אופן|בשום אופן|בשום מקרה",
    "de": "nicht|kein(?:e[mnrs]?)?|keineswegs|keinesfalls|mitnichten",
    "pt": "não",
    "it": "non",
    "nl": "niet|geen",
    "pl, cs, sk": r"nie|není|nejsou|ne(?= [\d$\\])|zł[aey] (?:odpowiedź|wynik)",
    "sr, hr": "nije|није|нису",
    "sv, no, is": "inte|ikke|ekki",
    "fi, et": r"ei|eivät|(?<=vastus )pole|(?<=tulemus )pole",
    "lv, lt": "nav|nėra",
    "sq, af, eu": "nuk|nie|ez da",
    "hu": "nem",
    "sl, zu": r"(?<=odgovor )ni|(?<=rezultat )ni|ayiyona|akuyona",
    "ro": "nu este",
    "tr, az": r"değil\w*|deyil\w*|olamaz",
    "kk, ky, uz": r"емес\w*|эмес\w*|emas\w*",
    "tl": "hindi",
    "ha": r"ba(?= (?:ce|ne)\b| [\d.,]+ ba\b)",
    "yo": "k[iì] ?[ií] ?(?:ṣe|ṣ\u0329e|se)",
    "ka": "არ|არა",
    "hy": "չէ|չի|չեն",
    "id": r"bukan\w*|tidak",
    "vi": "không",
    "sw": r"jibu si|sio|si(?= [\d$\\])",
    "ru, uk, bg": "не",
    "el": "δεν",
    "ar": "ليست?|غير|لا (?:يساوي|تساوي)",
    "fa, ur": r"نیست\w*|نمی\w*|نہیں",
    "he": "אינה|אינו|אינם|איננה|איננו|לא",
}
_NOT_IN_A_WORD = {
    "hi, mr, ne": "नहीं|नही|नाही|होइन|हैन|छैन",
    "bn": "নয়(?![\u0980-\u09ff])|নয়(?![\u0980-\u09ff])|নহে|(?<![\u0980-\u09ff])না(?= |$|।)",
    "gu, pa": "નથી|ਨਹੀਂ|ਨਹੀ",
    "ta, te": "இல்லை|அல்ல|கிடையாது|కాదు|లేదు",
    "kn, ml": "ಅಲ್ಲ|ಇಲ್ಲ|അല്ല|ഇല്ല",
    "si": "නොවේ|නෙවෙයි|නෙමෙයි",
    "th, lo": "ไม่|มิใช่|ບໍ່",
    "km, my": "មិន|មិន|မဟုတ်",
    "am": "አይደለም|አይደሉም",
    "zh": "绝不|絕不|决不|決不|不是|不会是|不會是|不可能|并非|並非|绝非|不对|不對|不等|不符|排除|不[为為选選]|错|錯",
    "ja": "決して|確かめ(?:て(?:い)?)?(?:ない|ません)"
    "|では?ない|では?なく|ではありません|じゃない|じゃなく|違う|違い|間違|誤り",
    "ko": "아니|아닙|않|절대(?!값)|결코",
}
_MAYBE = {
    "en": "maybe|perhaps|possibly|might be",
    "es, pt": "quizás?|tal ?vez|a lo mejor|podría ser|probablemente|posiblemente|provavelmente|possivelmente",
    "fr": "peut-être|probablement|sans doute",
    "de": "vielleicht|vermutlich|wahrscheinlich|möglicherweise",
    "it, ca": "forse|probabilmente|potrebbe essere|potser",
    "nl": "misschien|waarschijnlijk|vermoedelijk",
    "pl, cs": "być może|chyba|prawdopodobnie|możná|asi|pravděpodobně",
    "sv, da, no": "kanske|måske|kanskje|troligen|förmodligen|antagligen|sannsynligvis|sandsynligvis",
    "fi": "ehkä|luultavasti",
    "hu, ro": "talán|valószínűleg|poate|probabil",
    "tr": "belki|galiba|muhtemelen|sanırım",
    "id, ms": "(?<!yang )mungkin|barangkali",
    "vi": "có lẽ|có khi",
    "almost": r"casi|presque|quasi|quase|fast(?= \d)|beinahe|gần(?= \d)|y pico"
    r"|почти|майже|prawie|téměř|skoro|nästan|nesten|næsten|melkein|majdnem|aproape|σχεδόν"
    "|neredeyse|hampir|gần như|almost|nearly",
    "guessing": r"or so|or thereabouts|give or take|ballpark|oder so|tippen|tippe|schätze|vermute|ich rate|of zo"
    r"|ik (?:gok|schat)"
    r"|à peu près ça|je (?:parie|dirais|devine)|más o menos|yo diría|diría que|apuesto|mais ou menos|eu diria"
    r"|chuto|più o meno|direi"
    r"|scommetto|tiro a indovinare|eller så|gissar|gætter|gjetter|eller deromkring|arvaan|arvaisin|veikkaan"
    r"|pakun|oletan|mniej więcej"
    r"|strzelam|zgaduję|obstawiam|hádám|tipuju|tipujem|hádam|tippelek|saccolom|ghicesc|aș zice|pogađam|ugibam"
    r"|погађам|гадаю"
    r"|угадыва\w+|предположу|припускаю|предполагам|μαντεύω|θα έλεγα|tahminim|tahmin ediyorum|aşağı yukarı"
    r"|menurut tebakan|tebakan saya"
    r"|tôi đoán|hula ko|nakisia|أخمن|أظن|حدسي|حدس می\S*|میرا اندازہ|מנחש\w*|אני מהמר\w*",
    "at first sight": r"at first (?:sight|glance)|auf den ersten blick|op het eerste gezicht|à première vue"
    r"|a (?:primera|prima) vista|à primeira vista|la prima vedere|vid första (?:anblicken|påseende)|ved første"
    r" (?:øjekast"
    r"|øyekast)|fljótt á litið|ensi ?silmäyksellä|esmapilgul|pirmajā mirklī|iš pirmo žvilgsnio|na pierwszy rzut oka"
    r"|na první pohled|na prvý pohľad|na prvi pogled|на први поглед|на прв поглед|на пръв поглед|на первый взгляд"
    r"|на перший погляд|на першы погляд|első (?:ránézésre|pillantásra|látásra)|εκ πρώτης όψεως|με την πρώτη ματιά"
    r"|ilk bakışta|бір қарағанда|bir qarashda|sekilas|thoạt nhìn|thoạt trông|mới nhìn|sa unang tingin|kwa"
    r" mtazamo wa kwanza"
    r"|للوهلة الأولى|در نگاه اول|بادی النظر میں|במבט ראשון|ერთი შეხედვით|առաջին հայացքից",
    "sw, tl": "labda|siguro|marahil",
    "ru, uk, bg, sr": "может быть|возможно|наверное|вероятно|може бути|можливо|мабуть|може би|вероватно|можда|možda",
    "el": "ίσως|μάλλον",
    "ar, fa, ur": "ربما|قد (?:يكون|تكون)|من المحتمل|لعل\\w*|شاید|احتمالا|ممکن است|ممکن ہے",
    "he": "אולי|כנראה",
    "et, lv, lt": "võib-olla|vist|ilmselt|tõenäoliselt|varbūt|iespējams|laikam|galbūt|turbūt|tikriausiai",
    "sk, sl, hr": "možno|azda|morda|mogoče|verjetno|valjda|vjerojatno|verovatno",
    "ca, gl, eu, sq": "quizais|se cadra|probablement|agian|beharbada|seguru asko|ndoshta|mbase",
    "az, uz, kk, ky, mn": "bəlkə|yəqin|ehtimol|balki|мүмкін|мүмкүн|бәлкім|балким|магадгүй",
    "is, cy, ga, af": "kannski|líklega|efallai|b'fhéidir|miskien|dalk",
    "be, mk, tg": "магчыма|мабыць|можеби|веројатно|шояд",
    "yo, ha, zu, jv": "bóyá|boya|watakila|wataƙila|mhlawumbe|mbok menawa",
    "ka, hy": "შესაძლოა|ალბათ|գուցե|երևի|հավանաբար",
}
_MAYBE_IN_A_WORD = {
    "hi, bn": "शायद|संभवतः|कदाचित|সম্ভবত|হয়তো|হয়তো",
    "ta, te": "ஒருவேளை|బహుశా",
    "th": "อาจจะ|อาจเป็น|บางที",
    "at first sight": "乍一看|乍看|初看|一見(?:する|した)|ぱっと見|얼핏|언뜻|पहली नज़?र में|प्रथमदर्शनी|প্রথম দেখায়"
    "|แวบแรก|ดูเผิน"
    "|முதல் பார்வையில்|మొదటి చూపులో",
    "zh": r"也许|也許|大概|或许|或許|可能(?:[是为為有]|(?=\d))|将近|將近|接近|不确定|不確定",
    "ja": "かもしれ|だろうか|でしょうか|たぶん|多分|おそらく|恐らく|ほぼ|ほとんど",
    "ko": "아마|일지도|일 수도|거의",
    "gu, pa, mr, ne": "કદાચ|શાયદ|ਸ਼ਾਇਦ|ਸ਼ਾਇਦ|सायद|बहुधा",
    "kn, ml, si": "ಬಹುಶಃ|ಪ್ರಾಯಶಃ|ഒരുപക്ഷേ|ഒരുപക്ഷെ|සමහරවිට|සමහර විට|විය හැක",
    "my, km, lo, am": "ဖြစ်နိုင်|ပြော၍မရ|ប្រហែល|អាចជា|ອາດ|ບາງທີ|ምናልባት",
}
_SUMMING = ("add", "adds", "added", "adding", "sum", "sums", "come", "comes", "total", "totals", "work", "works")
"""Verbs that state a total with "up to"."""
_BEYOND = {
    "en": r"at (?:least|most)|(?:more|less|fewer|greater|larger|smaller|bigger|higher|lower) than"
    rf"|{''.join(f'(?<!{verb} )' for verb in _SUMMING)}up to|an? (?:upper|lower) bound"
    r"|between (?=[\d$\\])",
    "de": r"bis zu|(?:größer|kleiner|mehr|weniger) als|mindestens|höchstens|zwischen (?:den )?(?=\d)",
    "fr": r"au (?:moins|plus)|(?:plus|moins) (?:grande?s? |petite?s? )?(?:de|que) (?=\d)|(?:sup|inf)érieure? à"
    r"|entre (?:les )?(?=\d)",
    "es": r"al menos|por lo menos|como (?:máximo|mucho|mínimo)"
    r"|(?:más|menos) (?:de|que) (?=\d)|(?:mayor|menor) (?:que|a|de)|entre (?:l[ao]s )?\d[^.,]* y \D{0,9}(?=\d)",
    "pt": r"pelo menos|no máximo|(?:mais|menos) d[eo] (?=(?:que )?\d)|(?:maior|menor) (?:que|do)"
    r"|entre (?:[ao]s )?\d[^.,]* e \D{0,9}(?=\d)",
    "it": r"almeno|al massimo|(?:più|meno|maggiore|minore) (?:grande )?di|(?:tra|fra) (?:[ie] |gli |le )?(?=\d)",
    "nl": r"minstens|hoogstens|(?:meer|minder|groter|kleiner) dan|tussen (?:de )?(?=\d)",
    "pl": r"co najmniej|co najwyżej|(?:więcej|mniej) niż|(?:większ|mniejsz)\w* (?:niż|od)",
    "ru, uk": r"не менее|не более|(?:больше|меньше|более|менее|свыше|більше|менше|между)(?: чем)? (?=\d)",
    "tr": r"en az|en fazla|[dt][ea]n (?:büyük|küçük|fazla|az)",
    "id, ms": r"setidaknya|paling (?:banyak|sedikit)|(?:lebih|kurang) dari|lebih (?:besar|kecil)|antara (?=\d)",
    "vi": "ít nhất|nhiều nhất|(?:lớn|nhỏ|nhiều|ít) hơn",
    "sv": "minst|högst|(?:större|mindre|mer|fler|større) (?:än|end|enn)",
    "sw": "zaidi ya|angalau",
    "el": r"τουλάχιστον|το πολύ|(?:μεγαλύτερ|μικρότερ)\w+|(?:περισσότερ|λιγότερ)\w+ από|ξεπερν\w+|μεταξύ (?=\d)",
    "over, by verb": r"exceeds?|d[ée]pass\w+|super[aó]n?\b|rebasa\w*|excede\w*|übersteig\w*|überschreite\w*"
    r"|oltrepass\w+|превыша\w+|перевищу\w+|надвишава\w*|przekracza\w*|překračuje|prekoračuje|presahuje|overstijg\w*"
    r"|overschrijd\w*|över(?:stiger|skrider)|overstiger|ylittä\w*|meghalad\w*|depăș\w+|aşıyor|aşar|melebihi|vượt quá",
    "cs, sk": r"alespoň|nejméně|najmenej|nejvýše|nanejvýš|najviac|(?:více|méně|viac|menej) než|me[zd]zi (?=\d)",
    "sr, hr, sl": r"najmanje|barem|najviše|(?:više|manje|veće|manji|veći) od|vsaj|največ|između (?=\d)|најмање"
    r"|највише|(?:више|мање) од|између (?=\d)",
    "bg": r"поне|най-малко|най-много|(?:повече|по-малко) от|между (?=\d)",
    "uk": r"щонайменше|щонайбільше|не менше|не більше|принаймні|понад",
    "ru": r"как минимум|как максимум|не меньше|не больше|по крайней мере|от \d+ до",
    "pl, range": r"między (?=\d)|pomiędzy (?=\d)",
    "hu": r"legalább|legfeljebb|(?:több|kevesebb|nagyobb|kisebb),? mint|között",
    "ro": r"cel puțin|cel mult|mai (?:mult|puțin|mare|mic) de(?:cât)?|între (?=\d)",
    "fi, et": r"vähintään|enintään|(?:enemmän|vähemmän|suurempi|pienempi) kuin|vähemalt|rohkem kui|(?:yli|alle) "
    r"(?=\d)",
    "lv, lt": r"vismaz|ne vairāk|mažiausiai|daugiausiai|daugiau (?:nei|kaip)|vairāk nekā",
    "ca, gl": r"almenys|com a mínim|com a màxim|més de|menys de|polo menos",
    "sv, da, no": r"mindst|højst|høyst|mer enn|mere end|mindre end"
    r"|mell[ae][nm] (?:de )?(?=\d)|mellom (?:de )?(?=\d)|över (?=\d)",
    "tl, af, az, kk, uz": r"hindi bababa|higit sa|mas mababa|meer as|minder as|ən azı|ən çox|кемінде|kamida",
}
_BEYOND_IN_A_WORD = {
    "ar": "أكبر من|أكثر من|أقل من|على الأقل|على الأكثر|يتجاوز|تتجاوز|يزيد عن|لا يقل|لا يزيد",
    "fa, ur": "بیشتر|کمتر|حداقل|حداکثر|دست کم|کم از کم|زیادہ سے زیادہ|سے (?:زیادہ|کم)",
    "he": "יותר|פחות|לפחות",
    "gu, mr, pa": "ઓછામાં ઓછ|થી વધુ|થી ઓછ|किमान|कमाल|पेक्षा|ਘੱਟੋ|ਤੋਂ (?:ਵੱਧ|ਘੱਟ)",
    "ta, te, kn, ml, si": "குறைந்தது|குறைந்தபட்சம்|அதிகபட்சம்|కనీసం|గరిష్టంగా|కంటే|ಕನಿಷ್ಠ|ಗರಿಷ್ಠ|ಗಿಂತ|കുറഞ്ഞത്|പരമാവധി|අවම",
    "km, my, lo": "យ៉ាងតិច|យ៉ាងច្រើន|ច្រើនជាង|តិចជាង|အနည်းဆုံး|အများဆုံး|ထက်|ຢ່າງໜ້ອຍ|ຫຼາຍກວ່າ|ຢ່າງຫຼາຍ",
    "am, ka, hy": "ቢያንስ|በላይ|სულ მცირე|მეტი|ნაკლები|առնվազն|ավելի",
    "hi": "से (?:अधिक|कम|ज़्यादा|बड़)|कम से कम|अधिकतम|न्यूनतम|ज़्यादा से ज़्यादा",
    "bn": "বেশি|অন্তত|কমপক্ষে|চেয়ে|চেয়ে|সর্বোচ্চ|সর্বনিম্ন",
    "th": "มากกว่า|น้อยกว่า|อย่างน้อย|อย่างมาก|ไม่เกิน|เกิน|ระหว่าง",
    "zh": "[大小多少]于|[大小]於|至[少多]|超[过過]|以[上下]|不到|不足|不超|介[于於]|最[少多]",
    "ja": "超え|未満|より[大小多少]|少なくとも|以[上下]|多くとも|高々",
    "ko": "보다|이[상하]|미만|초과|넘[게는은을]|적어도|최소|최대|사이",
}


def _any(table: dict[str, str]) -> str:
    return "|".join(table.values())


DENIED_IN_A_WORD = _any(_NOT_IN_A_WORD)
"""Denials of scripts that write words together."""
DENIED = Alternatives(f"{_any(_NOT)}|{_any(WRONG)}", f"{DENIED_IN_A_WORD}|{WRONG_IN_A_WORD}", before=r"(?<![\\\w])")
"""What takes a value back."""
HEDGED = Alternatives(_any(_MAYBE), _any(_MAYBE_IN_A_WORD))
"""What only supposes a value."""
DOUBTED = Alternatives(DOUBTS, DOUBTS_IN_A_WORD)
"""What takes the belief from a whole sentence."""
COMPARED = Alternatives(_any(_BEYOND), _any(_BEYOND_IN_A_WORD), behind="")
"""What makes a number the bound of an answer."""
VAGUE = re.compile(
    r"\b(?:more|less|fewer|greater|over|under|between|maybe|perhaps|possibly|probably|either"
    r"|unknown|or|than|among|from|sum|product|difference|around|roughly)\b",
    re.IGNORECASE,
)
# ruff: noqa: RUF001  (words in other scripts)
"""What keeps the only number of an announced English sentence from being its answer."""
OR = re.compile(
    rf"(?:\b(?:{connectives.OR})|{connectives.OR_IN_A_WORD})\s*(?:maybe|perhaps|possibly|even)?\s*[\\$(]*$",
    re.IGNORECASE,
)
"""What makes the number behind it one of two."""
CLAUSE_END = re.compile(r"[,.;:!?](?:(?=\s|$)|(?<=[\u3040-\u9fff\uac00-\ud7a3][.,]))|[\n。，；।،؛]")
