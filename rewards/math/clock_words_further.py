# ruff: noqa: RUF001  (words in other scripts)
"""How people say the time of day, in languages that are neither Germanic nor Romance; notation as in `clock_words`."""

from __future__ import annotations

from rewards.math.clock_words import Clock

_PL = "pierwsz drug trzeci czwart piąt szóst siódm ósm dziewiąt dziesiąt jedenast dwunast"
_UK = "перш друг трет четверт п['’ʼ]ят шост сьом восьм дев['’ʼ]ят десят одинадцят дванадцят"
_SOUTH_SLAVIC = "jedan|1 dva tri četiri pet šest sedam osam devet deset jedanaest dvanaest"
_SERBIAN = "један|1 два три четири пет шест седам осам девет десет једанаест дванаест"


def _endings(stems: str, endings: str) -> str:
    return " ".join(f"{stem}(?:{endings})" for stem in stems.split())


FURTHER_CLOCKS = {
    "pl": Clock(
        _endings(_PL, "a|ej|i?ą|ia|iej"),
        (
            ("wpół do H", -30, 0),
            ("kwadrans po H", 15, 0),
            ("(?:za )?kwadrans (?:przed )?H", -15, 0),
            ("za M (?:minut\\w* )?H", 0, -1),
            ("M (?:minut\\w* )?po H", 0, 1),
            ("H (?P<minute>trzydzieści|piętnaście|czterdzieści pięć|dwadzieścia|dziesięć)", 0, 1),
            ("(?:godzinie|godzina|o|jest) H", 0, 0),
        ),
    ),
    "cs": Clock(
        "jedna|jednu|jedné dvě|druhé tři|třetí|třech čtyři|čtvrté pět|páté šest|šesté sedm|sedmé osm"
        "|osmé devět|deváté "
        "deset|desáté jedenáct|jedenácté dvanáct|dvanácté",
        (
            ("(?:tři ?čtvrtě|tři ?čtvrti|třičtvrtě) na H", -15, 0),
            ("čtvrt na H", -45, 0),
            ("půl H", -30, 0),
            ("za M minut\\w* H", 0, -1),
            ("H hodin\\w* (?:a )?M", 0, 1),
            ("(?:v|ve) H(?: hodin\\w*)?", 0, 0),
        ),
    ),
    "sk": Clock(
        "jedna|jednu|jednej dve|druhej tri|tretej|troch štyri|štvrtej päť|piatej šesť|šiestej sedem"
        "|siedmej osem|ôsmej "
        "deväť|deviatej desať|desiatej jedenásť|jedenástej dvanásť|dvanástej",
        (
            ("tri ?štvrt[eiť]+ na H", -15, 0),
            ("štvrť na H", -45, 0),
            ("pol H", -30, 0),
            ("o H(?: hodine)?", 0, 0),
        ),
    ),
    "sl": Clock(
        "eno|enih|ena dve|dveh tri|treh štiri|štirih pet|petih šest|šestih sedem|sedmih osem"
        "|osmih devet|devetih "
        "deset|desetih enajst|enajstih dvanajst|dvanajstih",
        (
            ("(?:tri ?četrt|tričetrt) na H", -15, 0),
            ("četrt na H", -45, 0),
            ("pol H", -30, 0),
            ("(?:četrt|petnajst) čez H", 15, 0),
            ("(?:četrt|petnajst) do H", -15, 0),
            ("ob H", 0, 0),
        ),
    ),
    "hr, sr": Clock(
        _SOUTH_SLAVIC,
        (
            ("pola? H", -30, 0),
            ("H i (?:pol|po|trideset)", 30, 0),
            ("H i (?:četvrt|kvarat|petnaest)", 15, 0),
            ("(?:četvrt|kvarat|petnaest) do H", -15, 0),
            ("M (?:minuta )?do H", 0, -1),
            ("u H sat[ia]?", 0, 0),
        ),
    ),
    "sr, mk": Clock(
        f"{_SERBIAN}".replace("један|1", "један|еден|1"),
        (
            ("пола H", -30, 0),
            ("H и (?:по|пол|тридесет|триесет)", 30, 0),
            ("H и (?:четврт|петнаест)", 15, 0),
            ("(?:четврт|петнаест) до H", -15, 0),
            ("M (?:минута )?до H", 0, -1),
            ("[уво]о? H (?:сати?|часот)", 0, 0),
        ),
    ),
    "bg": Clock(
        "един|един(?:а)? два три четири пет шест седем осем девет десет единадесет|единайсет дванадесет|дванайсет",
        (
            ("H(?: часа?)? и (?:половина|трийсет|тридесет)", 30, 0),
            ("H(?: часа?)? и (?:четвърт|петнайсет|петнадесет)", 15, 0),
            ("H(?: часа?)? без (?:четвърт|петнайсет|петнадесет)", -15, 0),
            ("H без M", 0, -1),
            ("H часа?", 0, 0),
        ),
    ),
    "ru": Clock(
        "час|первого|одного два|второго|двух три|третьего|трёх|трех четыре|четвёртого|четвертого пять|пятого "
        "шесть|шестого семь|седьмого восемь|восьмого девять|девятого десять|десятого одиннадцать|одиннадцатого "
        "двенадцать|двенадцатого",
        (
            ("половин[аеу] H", -30, 0),
            ("пол-?H", -30, 0),
            ("четверть H", -45, 0),
            ("без четверти H", -15, 0),
            ("без M (?:минут )?H", 0, -1),
            ("(?P<minute>[а-яё]+(?: [а-яё]+)?) минут H(?<=ого|его)", -60, 1),
            ("H (?:часов|часа|час) M минут\\w?", 0, 1),
            ("H (?:часов|часа)", 0, 0),
        ),
    ),
    "uk": Clock(
        _endings(_UK, "а|я|у|ю|ої|ьої|ій|тя|тю|тьої"),
        (
            ("пів на H", -30, 0),
            ("половин[аіу] H", -30, 0),
            ("чверть на H", -45, 0),
            ("чверть по H", 15, 0),
            ("(?:за чверть|чверть до) H", -15, 0),
            ("за M (?:хвилин )?H", 0, -1),
            ("(?:о|об) H(?: годині)?", 0, 0),
        ),
    ),
    "hu": Clock(
        "egy két|kettő három négy öt hat hét nyolc kilenc tíz tizenegy tizenkettő|tizenkét",
        (
            ("háromnegyed H", -15, 0),
            ("negyed H", -45, 0),
            ("fél H", -30, 0),
            ("H óra M(?: perc)?", 0, 1),
            ("H órakor", 0, 0),
        ),
    ),
    "fi": Clock(
        "yksi|yhdeltä|yhden kaksi|kahdelta|kahden kolme|kolmelta|kolmen neljä|neljältä|neljän viisi"
        "|viideltä|viiden "
        "kuusi|kuudelta|kuuden seitsemän|seitsemältä kahdeksan|kahdeksalta yhdeksän"
        "|yhdeksältä kymmenen|kymmeneltä "
        "yksitoista|yhdeltätoista kaksitoista|kahdeltatoista",
        (
            ("puoli H", -30, 0),
            ("(?:varttia|viisitoista minuuttia) yli H", 15, 0),
            ("(?:varttia|viisitoista minuuttia) vaille H", -15, 0),
            ("M (?:minuuttia )?yli H", 0, 1),
            ("M (?:minuuttia )?vaille H", 0, -1),
            ("(?:kello|klo) H|H(?<=lta|ltä)", 0, 0),
        ),
    ),
    "et": Clock(
        "üks kaks kolm neli viis kuus seitse kaheksa üheksa kümme üksteist kaksteist",
        (("kolmveerand H", -15, 0), ("veerand H", -45, 0), ("pool H", -30, 0), ("kell H", 0, 0)),
    ),
    "lv": Clock(
        "vien(?:os|i|iem) div(?:os|i|iem) tr(?:ijos|īs|ijiem) četr(?:os|i|iem) piec(?:os|i"
        "|iem) seš(?:os|i|iem) "
        "septiņ(?:os|i|iem) astoņ(?:os|i|iem) deviņ(?:os|i|iem) desmit(?:os|iem)? vienpadsmit(?:os|iem)? "
        "divpadsmit(?:os|iem)?",
        (("pus ?H", -30, 0), ("ceturksnis pāri H", 15, 0), ("bez ceturkšņa H", -15, 0), ("pulksten H", 0, 0)),
    ),
    "lt": Clock(
        "pirm(?:os|a|ą) antr(?:os|a|ą)|dviejų treči(?:os|a|ą)|trijų ketvirt(?:os|a|ą)"
        "|keturių penkt(?:os|a|ą)|penkių "
        "šešt(?:os|a|ą)|šešių septint(?:os|a|ą)|septynių aštunt(?:os|a|ą)|aštuonių devint(?:os|a|ą)|devynių "
        "dešimt(?:os|a|ą|ies)? vienuolikt(?:os|a|ą)|vienuolikos dvylikt(?:os|a|ą)|dvylikos",
        (("pus[eę]?ė? H", -30, 0), ("be ketvirčio H", -15, 0), ("ketvirtis po H", 15, 0), ("H valand[ąa]", 0, 0)),
    ),
    "el": Clock(
        "μία|μια δύο|δυο τρεις|τρείς τέσσερις πέντε έξι επτά|εφτά οκτώ|οχτώ εννέα|εννιά δέκα έντεκα δώδεκα",
        (
            ("H και μισή", 30, 0),
            ("H και τέταρτο", 15, 0),
            ("H παρά τέταρτο", -15, 0),
            ("H παρά M", 0, -1),
            ("(?:στις|στη|είναι|ώρα) H και M", 0, 1),
            ("(?:στις|στη|είναι) H", 0, 0),
        ),
    ),
    "el, with a half": Clock(
        "μι δυ τρεισ τεσσερισ πεντ εξ επτ|εφτ οκτ|οχτ εννι δεκ εντεκ δωδεκ",
        (("H[άόέίήώ]μισ[ηι]", 30, 0),),
    ),
    "tr": Clock(
        "bir(?:i|e|de)? iki(?:yi|ye|de)? üç(?:ü|e|te)? dör[td](?:ü|e|te)? beş(?:i|e|te)? altı(?:yı|ya|da)? "
        "yedi(?:yi|ye|de)? sekiz(?:i|e|de)? dokuz(?:u|a|da)? on(?:u|a|da)? on\\s?bir(?:i|e"
        "|de)? on\\s?iki(?:yi|ye|de)?",
        (
            ("H buçu[kğ]\\w*", 30, 0),
            ("H çeyrek (?:geç\\w*|var geçe)", 15, 0),
            ("H çeyrek (?:kala|var)", -15, 0),
            ("H M (?:dakika )?geç\\w*", 0, 1),
            ("H M (?:dakika )?(?:kala|var)", 0, -1),
            ("saat H", 0, 0),
        ),
    ),
    "az, kk, uz, mn": Clock(
        "birin|бір|bir|нэг ikinin|екі|ikki|хоёр üçün|үш|uch|гурав dördün|төрт|to['ʻ‘’]rt|дөрөв beşin"
        "|бес|besh|тав "
        "altının|алты|olti|зургаа yeddinin|жеті|yetti|долоо səkkizin|сегіз|sakkiz|найм doqquzun|тоғыз"
        "|to['ʻ‘’]qqiz|ес "
        "onun|он|o['ʻ‘’]n|арав on\\s?birin|он\\sбір|o['ʻ‘’]n\\sbir|арван\\sнэг on\\s?ikinin|он\\sекі"
        "|o['ʻ‘’]n\\sikki|арван\\sхоёр",
        (("H yarısı\\w*", -30, 0), ("H (?:жарым|yarim|хагас)\\w*", 30, 0)),
    ),
    "id": Clock(
        "satu dua tiga empat lima enam tujuh delapan|lapan sembilan sepuluh sebelas dua\\s?belas",
        (
            ("setengah H", -30, 0),
            ("H setengah", 30, 0),
            ("H (?:lewat|lebih) (?:seperempat|suku)", 15, 0),
            ("H (?:kurang) (?:seperempat|suku)", -15, 0),
            ("H (?:lewat|lebih) M", 0, 1),
            ("H kurang M", 0, -1),
            ("(?:pukul|jam) H", 0, 0),
        ),
    ),
    "tl": Clock(
        "una dos tres kwatro|kuwatro singko|sinko sais siyete otso nuwebe|nuybe diyes onse dose",
        (("alas? ?H (?:y|i) ?medya", 30, 0), ("alas? ?H", 0, 0)),
    ),
    "vi": Clock(
        "một hai ba bốn|tư năm sáu bảy tám chín mười mười\\smột mười\\shai",
        (
            ("H (?:giờ )?rưỡi", 30, 0),
            ("H giờ kém M(?: phút)?", 0, -1),
            ("M phút trước H giờ", 0, -1),
            ("H giờ M(?: phút)?", 0, 1),
            ("H giờ(?: đúng)?", 0, 0),
        ),
    ),
    "sw": Clock(
        "moja mbili tatu nne tano sita saba nane tisa kumi kumi\\sna\\smoja kumi\\sna\\smbili",
        (
            ("saa H (?:na|u) nusu", 30, 0),
            ("saa H na robo", 15, 0),
            ("saa H kaso?ro ?robo", -15, 0),
            ("saa H kasoro (?:dakika )?M", 0, -1),
            ("saa H na dakika M", 0, 1),
            ("saa H(?: kamili)?", 0, 0),
        ),
        shift=6,
    ),
    "eu": Clock(
        "ordu\\sbata|ordubat\\w* bi\\w*"
        "|biak hiru\\w* lau\\w* bost\\w* sei\\w* zazpi\\w* zortzi\\w* bederatzi\\w* hamar\\w* "
        "hamaika\\w* hamabi\\w*",
        (("H eta erdi\\w*", 30, 0), ("H eta laurden\\w*", 15, 0), ("H laurden gutxi\\w*", -15, 0)),
    ),
    "ka, hy": Clock(
        "პირველის|մեկն?|մեկ ორის|երկուսն?|երկուս სამის|երեքն? ოთხის|չորսն? ხუთის|հինգն? ექვსის"
        "|վեցն? შვიდის|յոթն? "
        "რვის|ութն? ცხრის|ինն?ը?ն? ათის|տասն?ը?ն? თერთმეტის|տասնմեկն? თორმეტის|տասներկուսն?",
        (("H ნახევარ\\w*", -30, 0), ("H անց կես\\w*", 30, 0)),
    ),
    "ar": Clock(
        "الواحدة الثانية(?!\\sعشر) الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة "
        "الحادية\\sعشرة? "
        "الثانية\\sعشرة?",
        (
            ("H و ?(?:ال)?نصفً?ا?", 30, 0),
            ("H و ?(?:ال)?ربعً?ا?", 15, 0),
            ("H و ?(?:ال)?ثلثً?ا?", 20, 0),
            ("H إلا (?:ال)?ربع[اً]*", -15, 0),
            ("H إلا (?:ال)?ثلث[اً]*", -20, 0),
            ("الساعة H", 0, 0),
        ),
    ),
    "fa": Clock(
        "یک|۱ دو سه چهار پنج شش هفت هشت نه ده یازده دوازده",
        (
            ("(?:یک )?ربع به H", -15, 0),
            ("M دقیقه به H", 0, -1),
            ("H و نیم", 30, 0),
            ("H و (?:یک )?ربع", 15, 0),
            ("H و M دقیقه", 0, 1),
            ("ساعت H", 0, 0),
        ),
    ),
    "he": Clock(
        "אחת שתיים|שתים שלוש ארבע חמש שש שבע שמונה תשע עשר אחת[\\s-]עשרה שתי?ים[\\s-]עשרה|שתים[\\s-]עשרה",
        (
            ("[בלהשמ]{0,2}H וחצי", 30, 0),
            ("[בלהשמ]{0,2}H ורבע", 15, 0),
            ("[בלהשמ]?רבע ל-?H", -15, 0),
            ("M (?:דקות )?ל-?H", 0, -1),
            ("(?:בשעה |השעה |ב-?)H", 0, 0),
        ),
    ),
}
