# ruff: noqa: RUF001  (number words in other scripts)
"""Number words of still more languages, in the format of `rewards.math.counting`; `-` where a language has no word.

Georgian and Basque count by twenties, so that they have no words for 30, 50, 70 and 90. Standard library only.
"""

from __future__ import annotations

from rewards.math.counting import Table

FURTHER_TABLES: dict[str, Table] = {
    "ka": (
        "ერთი|ერთ ორი|ორ სამი|სამ ოთხი|ოთხ ხუთი|ხუთ ექვსი|ექვს შვიდი|შვიდ რვა ცხრა ათი|ათ თერთმეტი|თერთმეტ "
        "თორმეტი|თორმეტ ცამეტი|ცამეტ თოთხმეტი|თოთხმეტ თხუთმეტი|თხუთმეტ თექვსმეტი|თექვსმეტ ჩვიდმეტი|ჩვიდმეტ "
        "თვრამეტი|თვრამეტ ცხრამეტი|ცხრამეტ",
        "ოცი|ოც - ორმოცი|ორმოც - სამოცი|სამოც - ოთხმოცი|ოთხმოც -",
        "და",
        {100: "ასი|ას", 200: "ორასი|ორას", 300: "სამასი|სამას", 400: "ოთხასი|ოთხას", 500: "ხუთასი|ხუთას"}
        | {600: "ექვსასი|ექვსას", 700: "შვიდასი|შვიდას", 800: "რვაასი|რვაას", 900: "ცხრაასი|ცხრაას"}
        | {1000: "ათასი|ათას", 10**6: "მილიონი|მილიონ"},
    ),
    "eu": (
        "bat bi hiru lau bost sei zazpi zortzi bederatzi hamar hamaika hamabi hamahiru hamalau hamabost hamasei "
        "hamazazpi hemezortzi|hamazortzi hemeretzi",
        "hogei - berrogei - hirurogei - laurogei -",
        "ta|eta",
        {100: "ehun", 200: "berrehun", 300: "hirurehun", 400: "laurehun", 500: "bostehun", 600: "seiehun"}
        | {700: "zazpiehun", 800: "zortziehun", 900: "bederatziehun", 1000: "mila", 10**6: "milioi"},
    ),
    "hy": (
        "մեկ երկու երեք չորս հինգ վեց յոթ ութ ինը|ինն տասը|տաս տասնմեկ տասներկու տասներեք տասնչորս տասնհինգ տասնվեց "
        "տասնյոթ տասնութ տասնինը",
        "քսան երեսուն քառասուն հիսուն վաթսուն յոթանասուն ութսուն իննսուն",
        "",
        {100: "հարյուր", 1000: "հազար", 10**6: "միլիոն"},
    ),
    "kk": (
        "бір екі үш төрт бес алты жеті сегіз тоғыз он - - - - - - - - -",
        "жиырма отыз қырық елу алпыс жетпіс сексен тоқсан",
        "",
        {100: "жүз", 1000: "мың", 10**6: "миллион"},
    ),
    "ky": (
        "бир эки үч төрт беш алты жети сегиз тогуз он - - - - - - - - -",
        "жыйырма отуз кырк элүү алтымыш жетимиш сексен токсон",
        "",
        {100: "жүз", 1000: "миң", 10**6: "миллион"},
    ),
    "uz": (
        "bir ikki uch to'rt besh olti yetti sakkiz to'qqiz o'n - - - - - - - - -",
        "yigirma o'ttiz qirq ellik oltmish yetmish sakson to'qson",
        "",
        {100: "yuz", 1000: "ming", 10**6: "million"},
    ),
    "mn": (
        "нэг хоёр гурав|гурван дөрөв|дөрвөн тав|таван зургаа|зургаан долоо|долоон найм|найман ес|есөн арав|арван "
        "- - - - - - - - -",
        "хорин гуч|гучин дөч|дөчин тавь|тавин жаран далан ная|наян ер|ерэн",
        "",
        {100: "зуу|зуун", 1000: "мянга|мянган", 10**6: "сая"},
    ),
    "am": (
        "አንድ ሁለት ሦስት|ሶስት አራት አምስት ስድስት ሰባት ስምንት ዘጠኝ አስር|አሥር|አስራ|አሥራ - - - - - - - - -",
        "ሃያ|ሀያ ሰላሳ|ሠላሳ አርባ ሃምሳ|ሀምሳ|አምሳ ስልሳ|ስድሳ ሰባ ሰማንያ ዘጠና",
        "ከ",
        {100: "መቶ", 1000: "ሺህ|ሺ"},
    ),
    "te": (
        "ఒకటి రెండు మూడు నాలుగు ఐదు|అయిదు ఆరు ఏడు ఎనిమిది తొమ్మిది పది పదకొండు పన్నెండు పదమూడు పద్నాలుగు|పధ్నాలుగు పదిహేను|పదునైదు పదహారు "
        "పదిహేడు పద్దెనిమిది పంతొమ్మిది|పందొమ్మిది",
        "ఇరవై ముప్పై|ముప్ఫై నలభై|నలబై యాభై|యాబై అరవై డెబ్బై ఎనభై|ఎనబై తొంభై",
        "",
        {100: "వంద|వందల|నూట", 1000: "వేయి|వెయ్యి|వేల"},
    ),
    "be": (
        "адзін|адна два|дзве тры чатыры пяць шэсць сем восем дзевяць дзесяць адзінаццаць дванаццаць трынаццаць "
        "чатырнаццаць пятнаццаць шаснаццаць сямнаццаць васямнаццаць дзевятнаццаць",
        "дваццаць трыццаць сорак пяцьдзясят|пяцьдзесят шэсцьдзясят|шэсцьдзесят семдзесят восемдзесят дзевяноста",
        "і",
        {100: "сто", 200: "дзвесце", 300: "трыста", 400: "чатырыста", 500: "пяцьсот", 600: "шэсцьсот"}
        | {
            700: "семсот",
            800: "восемсот",
            900: "дзевяцьсот",
            1000: "тысяча|тысячы|тысяч",
            10**6: "мільён|мільёны|мільёнаў",
        },
    ),
    "mk": (
        "еден|една|едно два|две три четири пет шест седум осум девет десет единаесет дванаесет тринаесет четиринаесет "
        "петнаесет шеснаесет седумнаесет осумнаесет деветнаесет",
        "дваесет триесет четириесет педесет шеесет седумдесет осумдесет деведесет",
        "и",
        {100: "сто", 200: "двесте", 300: "триста", 400: "четиристотини", 500: "петстотини", 600: "шестотини"}
        | {
            700: "седумстотини",
            800: "осумстотини",
            900: "деветстотини",
            1000: "илјада|илјади",
            10**6: "милион|милиони",
        },
    ),
    "is": (
        "einn|ein|eitt tveir|tvær|tvö þrír|þrjár|þrjú fjórir|fjórar|fjögur fimm sex sjö átta níu tíu ellefu tólf "
        "þrettán fjórtán fimmtán sextán sautján átján nítján",
        "tuttugu þrjátíu fjörutíu fimmtíu sextíu sjötíu áttatíu níutíu",
        "og",
        {100: "hundrað|hundruð", 1000: "þúsund", 10**6: "milljón|milljónir"},
    ),
    "af": (
        "een twee drie vier vyf ses sewe agt nege tien elf twaalf dertien veertien vyftien sestien sewentien "
        "agttien|agtien negentien|neëntien",
        "twintig dertig veertig vyftig sestig sewentig tagtig|tachtig negentig",
        "en",
        {100: "honderd", 1000: "duisend", 10**6: "miljoen"},
    ),
    "gl": (
        "un|unha dous|dúas tres catro cinco seis sete oito nove dez once doce trece catorce quince dezaseis dezasete "
        "dezaoito dezanove",
        "vinte trinta corenta cincuenta sesenta setenta oitenta noventa",
        "e",
        {
            100: "cen|cento",
            200: "douscentos|duascentas",
            300: "trescentos|trescentas",
            1000: "mil",
            10**6: "millón|millóns",
        }
        | {400: "catrocentos|catrocentas", 500: "cincocentos|cincocentas|quiñentos|quiñentas"}
        | {600: "seiscentos|seiscentas", 700: "setecentos|setecentas", 800: "oitocentos|oitocentas"}
        | {900: "novecentos|novecentas"},
    ),
    "sq": (
        "një dy tre|tri katër pesë gjashtë shtatë tetë nëntë dhjetë njëmbëdhjetë dymbëdhjetë trembëdhjetë "
        "katërmbëdhjetë pesëmbëdhjetë gjashtëmbëdhjetë shtatëmbëdhjetë tetëmbëdhjetë nëntëmbëdhjetë",
        "njëzet tridhjetë dyzet pesëdhjetë gjashtëdhjetë shtatëdhjetë tetëdhjetë nëntëdhjetë",
        "e",
        {100: "njëqind", 200: "dyqind", 300: "treqind|triqind", 400: "katërqind", 500: "pesëqind"}
        | {
            600: "gjashtëqind",
            700: "shtatëqind",
            800: "tetëqind",
            900: "nëntëqind",
            1000: "mijë",
            10**6: "milion|milionë",
        },
    ),
}
