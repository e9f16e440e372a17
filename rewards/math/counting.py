# ruff: noqa: RUF001  (number words in other scripts)
"""Number words of languages beyond those of `rewards.math.cardinals`, in its format. Standard library only.

One to nineteen, the tens from twenty, what stands between numbers, and the rest by value. Words that are written apart
are run together here, as the reader drops spaces.
"""

from __future__ import annotations

Table = tuple[str, str, str, dict[int, str]]

MORE_TABLES: dict[str, Table] = {
    "ru, oblique": (
        "одному|одного|одной двум|двух трём|трем|трёх|трех четырём|четырем|четырёх|четырех "
        "пяти шести семи восьми девяти десяти одиннадцати двенадцати тринадцати "
        "четырнадцати пятнадцати шестнадцати семнадцати восемнадцати девятнадцати",
        "двадцати тридцати сорока пятидесяти шестидесяти семидесяти восьмидесяти девяноста",
        "",
        {100: "ста", 1000: "тысяче|тысячам"},
    ),
    "ro": (
        "unu|una|un doi|două trei patru cinci șase|şase șapte|şapte opt nouă zece unsprezece doisprezece"
        "|douăsprezece "
        "treisprezece paisprezece cincisprezece șaisprezece|şaisprezece șaptesprezece|şaptesprezece optsprezece "
        "nouăsprezece",
        "douăzeci treizeci patruzeci cincizeci șaizeci|şaizeci șaptezeci|şaptezeci optzeci nouăzeci",
        "și|şi|de",
        {100: "sută|sute", 1000: "mie|mii", 10**6: "milion|milioane"},
    ),
    "cs": (
        "jedna|jeden|jedno dva|dvě tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct "
        "šestnáct sedmnáct osmnáct devatenáct",
        "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát",
        "",
        {100: "sto", 200: "dvěstě", 1000: "tisíc|tisíce", 10**6: "milion|miliony|milionů"},
    ),
    "sk": (
        "jeden|jedna dva|dve tri štyri päť šesť sedem osem deväť desať jedenásť dvanásť trinásť štrnásť pätnásť "
        "šestnásť sedemnásť osemnásť devätnásť",
        "dvadsať tridsať štyridsať päťdesiat šesťdesiat sedemdesiat osemdesiat deväťdesiat",
        "",
        {100: "sto", 1000: "tisíc"},
    ),
    "hr": (
        "jedan|jedna dva|dvije tri četiri pet šest sedam osam devet deset jedanaest dvanaest trinaest četrnaest "
        "petnaest šesnaest sedamnaest osamnaest devetnaest",
        "dvadeset trideset četrdeset pedeset šezdeset sedamdeset osamdeset devedeset",
        "i",
        {100: "sto", 1000: "tisuća|hiljada|tisuće|hiljade"},
    ),
    "sr": (
        "један|једна два|две три четири пет шест седам осам девет десет једанаест дванаест тринаест четрнаест "
        "петнаест "
        "шеснаест седамнаест осамнаест деветнаест",
        "двадесет тридесет четрдесет педесет шездесет седамдесет осамдесет деведесет",
        "и",
        {100: "сто", 1000: "хиљада|хиљаде"},
    ),
    "bg": (
        "едно|един|една две|два три четири пет шест седем осем девет десет единадесет|единайсет дванадесет|дванайсет "
        "тринадесет|тринайсет четиринадесет|четиринайсет петнадесет|петнайсет шестнадесет|шестнайсет "
        "седемнадесет|седемнайсет осемнадесет|осемнайсет деветнадесет|деветнайсет",
        "двадесет|двайсет тридесет|трийсет четиридесет петдесет шестдесет седемдесет осемдесет деветдесет",
        "и",
        {100: "сто", 1000: "хиляда|хиляди"},
    ),
    "da": (
        "en|et to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten",
        "tyve tredive fyrre halvtreds tres halvfjerds firs halvfems",
        "og",
        {100: "hundrede", 1000: "tusind|tusinde"},
    ),
    "no": (
        "en|ett to tre fire fem seks sju|syv åtte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten",
        "tjue tretti førti femti seksti sytti åtti nitti",
        "og",
        {100: "hundre", 1000: "tusen"},
    ),
    "fi": (
        "yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen yksitoista kaksitoista kolmetoista "
        "neljätoista viisitoista kuusitoista seitsemäntoista kahdeksantoista yhdeksäntoista",
        "kaksikymmentä kolmekymmentä neljäkymmentä viisikymmentä kuusikymmentä seitsemänkymmentä kahdeksankymmentä "
        "yhdeksänkymmentä",
        "",
        {100: "sata|sataa", 1000: "tuhat|tuhatta"},
    ),
    "lt": (
        "vienas|viena du|dvi trys keturi|keturios penki|penkios šeši|šešios septyni|septynios aštuoni|aštuonios "
        "devyni|devynios dešimt vienuolika dvylika trylika keturiolika penkiolika šešiolika septyniolika aštuoniolika "
        "devyniolika",
        "dvidešimt trisdešimt keturiasdešimt penkiasdešimt šešiasdešimt septyniasdešimt aštuoniasdešimt devyniasdešimt",
        "",
        {100: "šimtas|šimtai", 1000: "tūkstantis|tūkstančiai"},
    ),
    "lv": (
        "viens|viena divi|divas trīs četri|četras pieci|piecas seši|sešas septiņi|septiņas astoņi|astoņas "
        "deviņi|deviņas desmit vienpadsmit divpadsmit trīspadsmit četrpadsmit piecpadsmit sešpadsmit septiņpadsmit "
        "astoņpadsmit deviņpadsmit",
        "divdesmit trīsdesmit četrdesmit piecdesmit sešdesmit septiņdesmit astoņdesmit deviņdesmit",
        "",
        {100: "simts|simt|simti", 1000: "tūkstotis|tūkstoši|tūkstoš"},
    ),
    "sl": (
        "en|ena|eno dva|dve tri štiri pet šest sedem osem devet deset enajst dvanajst trinajst štirinajst petnajst "
        "šestnajst sedemnajst osemnajst devetnajst",
        "dvajset trideset štirideset petdeset šestdeset sedemdeset osemdeset devetdeset",
        "in",
        {100: "sto", 1000: "tisoč"},
    ),
    "az": (
        "bir iki üç dörd beş altı yeddi səkkiz doqquz on onbir oniki onüç ondörd onbeş onaltı onyeddi onsəkkiz "
        "ondoqquz",
        "iyirmi otuz qırx əlli altmış yetmiş səksən doxsan",
        "",
        {100: "yüz", 1000: "min"},
    ),
    "et": (
        "üks kaks kolm neli viis kuus seitse kaheksa üheksa kümme üksteist kaksteist kolmteist neliteist viisteist "
        "kuusteist seitseteist kaheksateist üheksateist",
        "kakskümmend kolmkümmend nelikümmend viiskümmend kuuskümmend seitsekümmend kaheksakümmend üheksakümmend",
        "",
        {100: "sada", 1000: "tuhat"},
    ),
    "el": (
        "ένα|μία|ένας δύο|δυο τρία|τρεις τέσσερα|τέσσερις πέντε έξι επτά|εφτά οκτώ|οχτώ εννέα|εννιά δέκα έντεκα "
        "δώδεκα "
        "δεκατρία δεκατέσσερα δεκαπέντε δεκαέξι δεκαεπτά|δεκαεφτά δεκαοκτώ|δεκαοχτώ δεκαεννέα|δεκαεννιά",
        "είκοσι τριάντα σαράντα πενήντα εξήντα εβδομήντα ογδόντα ενενήντα",
        "και",
        {100: "εκατό|εκατόν", 1000: "χίλια|χιλιάδες"},
    ),
    "ca": (
        "un|una dos|dues tres quatre cinc sis set vuit nou deu onze dotze tretze catorze quinze setze disset "
        "divuit|dihuit dinou",
        "vint trenta quaranta cinquanta seixanta setanta vuitanta noranta",
        "i",
        {100: "cent|cents", 1000: "mil"},
    ),
    "id, ms": (
        "satu dua tiga empat lima enam tujuh delapan|lapan sembilan sepuluh sebelas duabelas tigabelas empatbelas "
        "limabelas enambelas tujuhbelas delapanbelas|lapanbelas sembilanbelas",
        "duapuluh tigapuluh empatpuluh limapuluh enampuluh tujuhpuluh delapanpuluh|lapanpuluh sembilanpuluh",
        "",
        {100: "ratus|seratus", 1000: "ribu|seribu", 10**6: "juta|sejuta"},
    ),
    "vi": (
        "một|mốt hai ba bốn|tư năm|lăm sáu bảy|bẩy tám chín mười mườimột mườihai mườiba mườibốn mườilăm mườisáu "
        "mườibảy mườitám mườichín",
        "haimươi bamươi bốnmươi nămmươi sáumươi bảymươi támmươi chínmươi",
        "",
        {100: "trăm", 1000: "nghìn|ngàn", 10**6: "triệu"},
    ),
    "th": (
        "หนึ่ง|เอ็ด สอง สาม สี่ ห้า หก เจ็ด แปด เก้า สิบ สิบเอ็ด สิบสอง สิบสาม สิบสี่ สิบห้า สิบหก สิบเจ็ด สิบแปด สิบเก้า",
        "ยี่สิบ สามสิบ สี่สิบ ห้าสิบ หกสิบ เจ็ดสิบ แปดสิบ เก้าสิบ",
        "",
        {100: "ร้อย", 1000: "พัน"},
    ),
    "sw": (
        "moja mbili tatu nne tano sita saba nane tisa kumi kuminamoja kuminambili kuminatatu kuminanne kuminatano "
        "kuminasita kuminasaba kuminanane kuminatisa",
        "ishirini thelathini arobaini hamsini sitini sabini themanini tisini",
        "na",
        {100: "mia"},
    ),
    "tl": (
        "isa dalawa tatlo apat lima anim pito walo siyam sampu labing-isa|labingisa labindalawa labintatlo "
        "labing-apat|labingapat labinlima labing-anim|labinganim labimpito labingwalo labinsiyam",
        "dalawampu tatlumpu apatnapu limampu animnapu pitumpu walumpu siyamnapu",
        "'t|at",
        {100: "sandaan|isangdaan", 1000: "sanlibo|isanglibo"},
    ),
    "ar": (
        "واحد|واحدة اثنان|اثنين|اثنتان|إثنان ثلاثة|ثلاث أربعة|أربع|اربعة خمسة|خمس ستة|ست سبعة|سبع ثمانية|ثماني|ثمان "
        "تسعة|تسع عشرة|عشر أحدعشر|احدعشر اثناعشر|اثنيعشر|إثناعشر ثلاثةعشر|ثلاثعشرة أربعةعشر|أربععشرة "
        "خمسةعشر|خمسعشرة ستةعشر|ستعشرة سبعةعشر|سبععشرة ثمانيةعشر|ثمانيعشرة تسعةعشر|تسععشرة",
        "عشرون|عشرين ثلاثون|ثلاثين أربعون|أربعين خمسون|خمسين ستون|ستين سبعون|سبعين ثمانون|ثمانين تسعون|تسعين",
        "و",
        {100: "مئة|مائة", 200: "مئتان|مائتان|مئتين|مائتين", 1000: "ألف|آلاف"},
    ),
    "fa": (
        "یک دو سه چهار پنج شش|شیش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده|هیجده نوزده",
        "بیست سی چهل پنجاه شصت هفتاد هشتاد نود",
        "و",
        {100: "صد|یکصد", 200: "دویست", 300: "سیصد", 400: "چهارصد", 500: "پانصد", 600: "ششصد"}
        | {700: "هفتصد", 800: "هشتصد", 900: "نهصد", 1000: "هزار"},
    ),
    "he": (
        "אחת|אחד שתיים|שניים|שני|שתי שלוש|שלושה ארבע|ארבעה חמש|חמישה שש|שישה שבע|שבעה שמונה תשע|תשעה עשר|עשרה "
        "אחתעשרה|אחדעשר שתיםעשרה|שתיםעשר|שניםעשר|שתיםעשרה שלושעשרה|שלושהעשר ארבעעשרה|ארבעהעשר חמשעשרה|חמישהעשר "
        "ששעשרה|שישהעשר שבעעשרה|שבעהעשר שמונהעשרה|שמונהעשר תשעעשרה|תשעהעשר",
        "עשרים שלושים ארבעים חמישים שישים שבעים שמונים תשעים",
        "ו",
        {100: "מאה", 200: "מאתיים", 1000: "אלף"},
    ),
    "ko": (
        "하나|한 둘|두 셋|세 넷|네 다섯 여섯 일곱 여덟 아홉 열 열하나|열한 열둘|열두 열셋|열세 열넷|열네 열다섯 "
        "열여섯 열일곱 열여덟 열아홉",
        "스물 서른 마흔 쉰 예순 일흔 여든 아흔",
        "",
        {},
    ),
    "bn": (
        "এক দুই তিন চার পাঁচ|পাচ ছয়|ছয় সাত আট নয়|নয় দশ এগারো|এগার বারো|বার তেরো|তের চৌদ্দ পনেরো|পনের ষোলো"
        "|ষোল সতেরো|সতের "
        "আঠারো|আঠার উনিশ",
        "বিশ|কুড়ি|কুড়ি ত্রিশ চল্লিশ পঞ্চাশ ষাট সত্তর আশি নব্বই",
        "",
        {100: "একশো|একশ|শত"},
    ),
}

_HINDI = (
    "एक दो तीन चार पाँच|पांच छह|छः|छ: सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह|पन्द्रह सोलह सत्रह|सतरह अठारह"
    "|अट्ठारह उन्नीस बीस "
    "इक्कीस बाईस|बाइस तेईस|तेइस चौबीस पच्चीस छब्बीस सत्ताईस|सत्ताइस अट्ठाईस|अठाईस उनतीस|उन्तीस तीस इकतीस"
    "|इकत्तीस बत्तीस तैंतीस चौंतीस पैंतीस "
    "छत्तीस सैंतीस अड़तीस|अड़तीस उनतालीस|उनचालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस|चवालीस पैंतालीस छियालीस "
    "सैंतालीस अड़तालीस|अड़तालीस "
    "उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन|अठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ "
    "छियासठ सड़सठ|सड़सठ "
    "अड़सठ|अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी|उन्यासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी "
    "छियासी सत्तासी अट्ठासी|अठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे|पंचानवे छियानवे सत्तानवे "
    "अट्ठानवे|अठानवे निन्यानवे"
)
_URDU = (
    "ایک دو تین چار پانچ چھ|چھے|چھہ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس بیس اکیس "
    "بائیس تئیس چوبیس پچیس چھبیس "
    "ستائیس اٹھائیس انتیس تیس"
)
ONE_BY_ONE = {
    word: value
    for names in (_HINDI, _URDU)
    for value, words in enumerate(names.split(), start=1)
    for word in words.split("|")
} | {"चालीस": 40, "چالیس": 40, "پچاس": 50, "ساٹھ": 60, "ستر": 70, "اسی": 80, "نوے": 90, "سو": 100, "सौ": 100}
"""Numbers of the languages that have a word of its own for each one below a hundred."""
