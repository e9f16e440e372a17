# ruff: noqa: RUF001  (words in other scripts)
"""Words that keep a sentence from stating its number: "hardly", "suppose", "the problem says", "too many", "wait".

They are adverbs, set phrases and forms of verbs, of which a language has few. Words of spaced scripts are matched
whole; `_IN_A_WORD` holds those of scripts that write words together, and endings.
"""

from __future__ import annotations

from rewards.math.alternatives import Alternatives
from rewards.math.hearsay import REJECTED, REJECTED_IN_A_WORD

_HARDLY = {
    "en": r"neither|nor|not convinced|unconvinced|tempting|implausible|implausibly|inconceivable"
    r"|by no means|no way"
    r"|(?:a |the )?(?:common|typical|frequent|usual) (?:mistake|error|misconception|trap|pitfall)s?|red herring"
    r"|don['’]t buy|beats me|who knows|wishful|rumou?r|supposedly|allegedly|strange|suspicious|surprising if"
    r"|(?:i|we|you|one|they|he|she) (?:first |initially |might |could |would |may )?(?:have )?(?:guess|guessed"
    r"|wondered|wonder)",
    "de": r"wage ich|zu bezweifeln|kaum|unmöglich|ausgeschlossen|schwerlich|nie|niemals|unter keinen umständen"
    r"|von wegen"
    r"|undenkbar|fraglich|angeblich|seltsam|merkwürdig|bin mir unsicher|mag sein|womöglich|eventuell|dürft\w+",
    "nl, af": r"nooit|nauwelijks|onmogelijk|onwaarschijnlijk|geenszins|allerminst|zogenaamd|vreemd"
    r"|wellicht|allicht"
    r"|amper|onmoontlik|kwalik",
    "sv": r"knappast|knappt|omöjligt?|omöjligen|aldrig|ingalunda|näppeligen|tveksamt|osannolikt"
    r"|möjligen|konstigt",
    "da, no": r"næppe|neppe|umulig|umuligt|aldri|aldrig|ingenlunde|knapt|muligvis|muligens|usannsynlig"
    r"|usandsynligt"
    r"|formentlig|formodentlig|trolig|rart",
    "is": r"varla|tæplega|ómögulega|aldrei|ólíklega|ólíklegt|sennilega",
    "fi, et": r"tuskin|mahdoton|mahdotonta|epätodennäköi\w+|muka|kenties|vaevalt|võimatu|ebatõenäoli\w+|vahest"
    r"|eales|iialgi|kuidagi ei|mitte|äkki|ehk",
    "lv, lt": r"diez vai|nez vai|nevar|neviens|nekad|šaubīgi|droši vien|vargu ar|vargu|neįmanoma|niekada|nebent"
    r"|abejotina|gal(?= \d)|nebūt|nebus|nebija|nebuvo|nelieka|neliko|negali|neesot|esot|esą|neva",
    "fr": r"jamais|guère|nullement|impossible|improbable|invraisemblable|à peine|soi-disant|étrange|bizarre"
    r"|éventuellement"
    r"|je me demande|on aurait pu croire|on pourrait (?:croire|penser)|on croirait|j'aurais dit"
    r"|j'hésite|aucunement",
    "es, gl": r"jamás|nunca|imposible|difícilmente|apenas|ni de broma|ni por asomo|ni mucho menos|supuestamente"
    r"|me extraña|me pregunto|extraño|acaso|puede que|igual son|ojalá|de ningún modo|de ninguna manera"
    r"|en absoluto",
    "ca": r"impossible|difícilment|improbable|tal vegada|em sembla estrany|dubtós",
    "pt": r"jamais|nunca|impossível|dificilmente|de jeito nenhum|de modo algum|supostamente|estranho"
    r"|me pergunto|será que|pode ser que|quiçá|porventura|longe de",
    "it": r"impossibile|difficilmente|a stento|neanche|nemmeno|neppure|macché|presunt\w|strano|mi chiedo"
    r"|può darsi|chissà|magari|eventualmente|in nessun modo|improbabile|che sia(?= \d)",
    "ro": r"niciodată|imposibil|cu greu|nicidecum|puțin probabil|improbabil|ciudat|oare|cică|pesemne"
    r"|nu(?= (?:este"
    r"|sunt|e|are|au|i|îi|rămân|rămâne|poate|pot|va|vor|ar|costă|face|fac|avea|se|are cum)\b)",
    "pl": r"bynajmniej|wcale|nigdy|niemożliwe|nieprawdopodobne|raczej|rzekomo|ledwie|czyżby|wątpię"
    r"|może(?= \d)|dziwne"
    r"|oby|bodaj|przypuszczalnie|pewnie(?= \d)|ponoć|podobno",
    "cs, sk": r"sotva|stěží|nikdy|vůbec|nemožné|nikoli|nikoliv|údajně|prý|těžko|ťažko|ledva|nemôže"
    r"|nemohou|nemůže"
    r"|nemôžu|nezbývá|nezostáva|nebude|nebudou|nebudú|asi|snad|zrejme|zřejmě|vraj|nebylo|nebolo|neni"
    r"|nejde|vylúčené"
    r"|vyloučeno",
    "sl, hr, sr": r"komaj|težko|nikoli|nikakor|nemogoče|nikad|nikada|teško|nemoguće|jedva|navodno"
    r"|bit će da|nikako"
    r"|neće biti|ne bo|ne more|ne može|ne mogu|никад\w*|тешко|немогуће|једва|наводно|никако|не може|неће бити",
    "bg, mk": r"никога|невъзможно|надали|едва|твърде малко вероятно|уж|невозможно|никогаш|тешко дека|дали|нима"
    r"|сигурно ли",
    "ru": r"никогда|невозможно|едва|якобы|навряд|разве|неужели|сомневаюсь|отнюдь|вовсе|странно|небось"
    r"|авось|пожалуй"
    r"|быть не может|исключено|ну допустим|нереально|видимо|похоже|кажется",
    "uk, be": r"ніколи|неможливо|навряд|нібито|невже|хіба|аж ніяк|зовсім|дивно|ледве|мабуть|певно|наўрад|ніколі"
    r"|немагчыма|няўжо|здається",
    "hu": r"aligha|lehetetlen|soha|sosem|semmiképp\w*|nehezen|kizárt|állítólag|netán|esetleg|vajon"
    r"|kétséges|nemigen"
    r"|nincs\w*|sincs\w*|dehogy\w*|furcsa|lehet(?= \d)|csaknem",
    "el": r"αδύνατο\w*|ποτέ|αποκλείεται|δύσκολα|μήπως|δήθεν|καθόλου|απίθανο|άραγε|μπορεί να είναι"
    r"|ίσα που|αμφίβολο"
    r"|δεν|μην|πιθανόν"
    r"|πιθανώς|ενδέχεται",
    "tr, az": r"asla|imkânsız\w*|imkansız\w*|mümkün değil\w*|hiç|güya|sözde|şüpheli\w*|acaba(?! (?:a|en"
    r"|de|às?|as?|amb|con|com|el|la|les|los|al|em|no|na)\b)|herhalde|zor(?= \d)|sanmam"
    r"|mümkün deyil\w*|qeyri-mümkün\w*|heç vaxt|çətin ki|görəsən|deyil\w*|bilemedin",
    "kk, ky, uz, mn, tg": r"екіталай|мүмкін емес|ешқашан|қайдам|күмәнді|эч качан|күмөн|mumkin emas"
    r"|hech qachon|dargumon"
    r"|shubhali|боломжгүй|хэзээ ч|биш|эсэх|бус|магад|не(?=[.։]|$)|намешавад|нест",
    "id, ms, jv": r"mustahil|tak mungkin|tidak mungkin|takkan|jangan|nyaris|konon|masa(?:k)?(?= \d)"
    r"|meragukan|aneh"
    r"|tidaklah|belum tentu|belum|entahlah|agaknya|kiranya",
    "tl": r"imposible|malabong?|hindi|parang|kaya ba|wari|marahil",
    "vi": r"chưa chắc|chưa hẳn|chưa|khó mà|không thể|đâu phải|chẳng|chả|làm gì có|hình như|dường như"
    r"|chắc gì|e rằng"
    r"|ngờ rằng|hoài nghi|nghe nói|lẽ nào|phải chăng|sao có thể",
    "sw, ha, yo, zu, am": r"haiwezekani|hapana|huenda|pengine|sidhani|hakuna|haiwezi kuwa|ba zai yiwu"
    r"|da wuya|angazi"
    r"|kungenzeka|akunakwenzeka|አይሆንም|አይቻልም|አይደለም|ሊሆን",
    "sq, eu, cy, ga": r"vështirë se|kurrë|pamundur|ezin|ezinezkoa|inoiz|nekez|amhosibl|byth"
    r"|ni(?= allai)|nid|ddim"
    r"|ní|dodhéanta|riamh",
    "ar": r"مستحيل|لا يمكن|محال|يستحيل|أبدا|أبداً|مستبعد|يستبعد|غريب|أتراه\w*|عسى|يبدو|لم|لن|ما(?= بقي)"
    r"|ليس\w*|كلا",
    "fa": r"محال|ناممکن|غیرممکن|هرگز|هیچ‌وقت|هیچ وقت|گمان نمی\w*|به‌?سختی|انگار|گویا|مگر|نه(?= \d)"
    r"|نباشد|نشد|نماند\S*"
    r"|نیستند"
    r"|نخواهد|ندارد|نبود",
    "ur": r"ناممکن|ہرگز|کبھی نہیں|مشکل سے|گویا|نہ(?= \d)|مت|غالبا",
    "he": r"לעולם|בלתי אפשרי|לא ייתכן|בקושי|אין מצב|ספק|ייתכן|יתכן|האם|אולי|כביכול|מוזר|שמא|אין(?! ספק)|לא",
    "ka, hy": r"შეუძლებელია|ვერ|არასოდეს|საეჭვოა|ნუთუ|ვერასოდეს|անհնար|երբեք|դժվար թե|հազիվ|կասկածելի"
    r"|մի՞թե|չի|չեն"
    r"|չկա|չէ|չմնաց",
}
_HARDLY_IN_A_WORD = {
    "hi, mr, ne": "असंभव|असम्भव|कदापि|कभी नहीं|मुश्किल से|अशक्य|कधीच|नसेल|नसावे|नव्हे|असावे|असम्भव|क्या",
    "bn": "অসম্ভব|কখনো না|কখনোই|নেই|নয়(?![\u0980-\u09ff])|হতে পারে|মনে হচ্ছে",
    "gu, pa": "અશક્ય|ક્યારેય|નહી|હોઈ શકે|ਅਸੰਭਵ|ਕਦੇ ਨਹੀਂ|ਨਾਮੁਮਕਿਨ|ਹੋ ਸਕਦਾ",
    "ta, te, kn, ml, si": "இருக்காது|முடியாது|சாத்தியமில்லை|இருக்கலாம்|மாட்டா|అసాధ్యం|కాకపోవచ్చు"
    "|కావచ్చు|కాలేదు|ఉండదు"
    "|ಅಸಾಧ್ಯ|ಇರಬಹುದು|ಆಗಿರಲಾರ|ಅಸಂಭವ"
    "|അസാധ്യ|ആകില്ല|ആയിരിക്കാം|അല്ല|ഇല്ല|නොහැක|නැත|නැහැ|විය නොහැකි",
    "th, lo": "ไม่(?!ต้องสงสัย|มีข้อสงสัย)|คงจะ|คงเป็น|หรือเปล่า|หรือไม่|ไหม|เหรอ|รึเปล่า|หรือ(?=$|[?\\s])|บ่แม่น|ບໍ່|ອາດ",
    "km, my": "មិន|ពុំ|ទេ(?=$|[។\\s])|ប្រហែល|မဟုတ်|မရှိ|မဖြစ်|ဘူး",
    "zh": "难道|難道|莫非|何以|怎么可能|怎麼可能|哪能|哪会|哪會|岂|豈|绝不|絕不|决不|決不|不会|不會"
    "|不应|不應|不该"
    "|不該|不像|不可|不得"
    "|没有|沒有|并没|並沒|从未|吗|嗎|吧|么(?=[?？。]|$)|恐怕|似乎|好像|据说|據說|听说|聽說|貌似|猜|疑|存疑|奇怪"
    "|谈不上|談不上|若非|非也|胡说"
    "|想成|当成|當成|误以为|誤以為|以为|以為|看似|看起来|不止|不仅|不只|不再",
    "ja": "まさか|ありえ|有り得|あり得|怪し|疑|どうやら|らしい|ようだ|ようです|みたい|だろう|でしょう"
    "|かな(?=[。?？]"
    "|$)|なのか|かも|おかしい|不可能|推測|見込み"
    "|予定(?:です|だ|である)|と言われ|そうだ(?=[。]|$)|つもり",
    "ko": "설마|과연|글쎄|혹시|듯하|듯합|듯싶|것 같|모양입|모양이다|불가능|절대|결코|추측|짐작|아닐까"
    "|일까(?!지)"
    "|인가요|인가\\?|을까(?!지)|이상하|수상하|전혀|도저히",
}
_SUPPOSING = {
    "en": r"hypothetically|let us say|let's say|say for the sake|for the sake of argument|what if|in "
    r"case|provided that"
    r"|had (?:it|there|he|she|they) been|were (?:it|there|he|she|they)",
    "de, nl": r"nehmen wir an|gesetzt|vorausgesetzt|stel|gesteld|wäre(?:n)? (?:es|die|der|das)"
    r"|aangenomen|neem aan"
    r"|veronderstel",
    "fr": r"admettons|imaginons|mettons|disons|à supposer|en supposant|si c'était|posons",
    "es, pt, it, ca, gl": r"imaginemos|digamos|pongamos|asumamos|suponiendo|si fueran?|vamos supor"
    r"|imagine|admitamos"
    r"|digamos"
    r"|mettiamo|ammettiamo|immaginiamo|poniamo|diciamo|supponendo|ipotizziamo|suposem|imaginem|diguem"
    r"|supoñamos|supón",
    "sv, da, no, is": r"antag|anta|antag att|låt säga|säg att|lad os sige|la oss si|sæt|sett at|gitt at|antage"
    r"|forestil|segjum|gerum ráð",
    "fi, et": r"oletetaan|oletamme|sanotaan|olkoon|kuvitellaan|oletame|ütleme|olgu|eeldame|eeldades",
    "pl, cs, sk": r"przyjmijmy|powiedzmy|niech|założenie|dajmy na to|předpokládejme|řekněme|dejme tomu|nechť"
    r"|predpokladajme"
    r"|povedzme|nech|dajme tomu|přijměme",
    "ru, uk, bg, sr": r"пусть|положим|скажем|представим|предположи\w*|нехай|скажімо|уявімо|припуст\w+|да кажем"
    r"|да предположим|нека"
    r"|рецимо|претпоставимо|замислимо|да речем",
    "sl, hr": r"recimo|pretpostavimo|predpostavimo|zamislimo|zamislite|neka je|denimo|uzmimo|ako bi"
    r"|kad bi|če bi"
    r"|kada bi",
    "lv, lt": r"pieņemsim|teiksim|iedomāsimies|tarkime|sakykime|įsivaizduokime|jei|jeigu",
    "hu, ro": r"mondjuk|feltéve|képzeljük|legyen|ha \d|să presupunem|să zicem|presupunem|presupunând|să spunem"
    r"|fie(?= \d)",
    "el": r"έστω|ας υποθέσουμε|ας πούμε|υποθέτουμε|υποθέτοντας|ας είναι|φανταστείτε",
    "tr, az, uz, kk": r"diyelim|farz edelim|varsayalım|varsayarsak|tutalım|farz et|tutaq ki|fərz edək|deyək"
    r"|faraz qilaylik|aytaylik"
    r"|делік|айталық|болжайық|дейли",
    "id, ms, tl, sw": r"misalkan|misalnya|anggaplah|anggap|katakanlah|umpamakan|andai|umpama|sekiranya|katakan"
    r"|ipagpalagay"
    r"|halimbawa|sabihin natin|kung|kunwari|tuseme|chukulia|tuchukulie|tufikiri|kama",
    "vi": "giả định|cứ cho|cho là|ví như|giả dụ|coi như|tưởng tượng",
    "ar": r"لنفترض|نفترض|بافتراض|هب|لنقل|افترض\w*|إن كان\w*|إذا|فرضا|فلنفترض|تخيل",
    "fa, ur": r"فرض\w*|گیریم|بگوییم|تصور کنید|اگر|مان لیں|مان لیتے|مانیے|سمجھیں",
    "he": r"נניח|נאמר|הנחה|בהנחה|נגיד|אילו|לו(?= היו)|יהי|דמיינו",
    "ka, hy, eu, sq": r"დავუშვათ|ვთქვათ|რომ ყოფილიყო|ենթադրենք|ասենք|եթե|demagun|balitz|suposa"
    r"|le të supozojmë|sikur"
    r"|supozojmë",
}
_SUPPOSING_IN_A_WORD = (
    "मान ल|मान लो|मानिए|मान ले|कल्पना|समजा|गृहीत|मानौं|मानिलिऊँ|ধরা যাক|ধরুন|ধরি|মনে কর|ধরে নি|ધારો"
    "|માની લ|ਮੰਨ ਲ|ਮੰਨੋ"
    "|வைத்துக்கொள்|எனில்|கருதுவோம்|ஊகி|அனுமானி|అనుకుందాం|అనుకుంటే|ఊహి|అయితే|ಎಂದುಕೊಳ್|ಊಹಿಸ|ആണെങ്കിൽ"
    "|കരുതുക|സങ്കൽപ"
    "|සිතමු|නම්"
    "|สมมติ|สมมุติ|ลองคิด|ลองให้|ถือว่า|สมมต|ສົມມຸດ|ຖ້າ|ឧបមា|សន្មត|ប្រសិន|ဆိုပါစို့|ဟုယူဆ|လျှင်"
    "|假定|假使|设想|設想|姑且|就算|即使|哪怕|万一|萬一|如若|設若|倘使|的话|的話|想像"
    "|とする(?=[。、と]|$)|とします"
    "|とすれば|としたら|だとする|だったら|であれば|としよう|としましょう|想定|仮定"
    "|例えば"
    "|라고 하자|라고 합시다|라고 치|라고 해 ?[보봅]|이라면|(?<!그렇)라면|이었다면|였다면|라고 가정|예를 들어"
)
_GIVEN = {
    "en": r"(?:problem|question|text|exercise|puzzle|prompt|story|passage|statement|task|teacher|book|author)"
    r" (?:says|states|said|stated|tells|told|gives|gave|mentions|mentioned|claims|claimed|asks"
    r"|specifies|reads|assumes)"
    r"|(?:are|is|were|was) (?:told|given)|according to the (?:problem|question|text|prompt)|as stated"
    r"|originally|initially|at first|(?:start|began|begin)(?:s|ed)? with|to begin with"
    r"|at the (?:start|beginning|outset)|so far|for now|intermediate|by the problem",
    "de": r"(?:laut|im|in der) (?:aufgabentext|aufgabenstellung|text|aufgabe)|aufgabentext|aufgabenstellung"
    r"|ursprünglich"
    r"|anfangs|anfänglich|zunächst|zuerst|am anfang|zu beginn|zwischen(?:ergebnis|schritt|summe"
    r"|wert)\w*|vorgegeben",
    "nl, af": r"(?:volgens|in) (?:de|het|die) (?:opgave|tekst|vraag|vraagstuk)|oorspronkelijk"
    r"|aanvankelijk|oorspronklik"
    r"|aanvanklik|tussen(?:resultaat|stap|antwoord|uitkoms)\w*|in het begin|eerst",
    "fr": r"l['’]énoncé|énoncé|le (?:texte|problème) (?:dit|donne|indique)|au départ|au début|initialement"
    r"|à l['’]origine"
    r"|d['’]abord|intermédiaire|pour l['’]instant",
    "es, ca, gl": r"enunciado|el (?:texto|problema) (?:dice|indica)|al (?:principio|inicio|comienzo)"
    r"|inicialmente"
    r"|originalmente|originariamente|primero|intermedi[oa]|enunciat|al principi|inicialment|no principio",
    "pt": r"o (?:texto|problema) (?:diz|informa)|no (?:início|começo)|a princípio|intermediário|intermédio"
    r"|primeiro passo",
    "it": r"(?:il|nel|secondo il) (?:testo|problema|quesito) (?:dice|si dice|dà)|all['’]inizio"
    r"|inizialmente|in origine"
    r"|secondo il (?:testo|problema)|in principio|dapprima|parziale",
    "sv, da, no, is": r"(?:enligt|i) (?:uppgiften|texten)|från början|ursprungligen|till en början"
    r"|mellanresultat\w*"
    r"|delresultat\w*|(?:ifølge|i) (?:opgaven|oppgaven|teksten)|uppgiften säger|opgaven siger"
    r"|oppgaven sier|oprindeligt"
    r"|opprinnelig|i starten|til at begynde|til å begynne|i begynnelsen|mell[eo]mresultat\w*|samkvæmt dæminu"
    r"|upphaflega",
    "fi, et": r"tehtävän mukaan|tehtävänanno\w+|alun perin|aluksi|alussa|välitulos|välivaihe\w*"
    r"|ülesande järgi|algselt"
    r"|alguses|esialgu|vahetulemus|ülesandes",
    "pl": r"(?:według|zgodnie z|z) treści\w*|w (?:treści|zadaniu)|na początku|początkowo|pierwotnie"
    r"|wynik pośredni"
    r"|najpierw",
    "cs, sk": r"(?:podle|podľa) zadania|podle zadání|v zadání|v zadaní|původně|pôvodne|na začátku"
    r"|na začiatku|zpočátku"
    r"|mezivýsledek|medzivýsledok|nejprve|najprv",
    "sl, hr, sr": r"(?:prema|po|u|v) (?:zadatku|tekstu|nalogi|besedilu)|na početku|na začetku|prvotno|sprva"
    r"|međurezultat"
    r"|vmesni rezultat|isprva|(?:према|у) (?:задатку|тексту)|на почетку|међурезултат",
    "hu": r"a (?:feladat|szöveg) szerint|a (?:feladatban|szövegben)|eredetileg|kezdetben|részeredmény"
    r"|eleinte|először",
    "ro": r"conform (?:enunțului|problemei|textului)|enunț\w*|textul spune|inițial|la început|mai întâi"
    r"|intermediar",
    "ru": r"(?:по|в) услови[юи]|в (?:задаче|тексте)|согласно (?:условию|задаче)|изначально|сначала|вначале"
    r"|первоначально"
    r"|промежуточн\w+|сперва",
    "uk, be, bg, mk": r"за умовою|в умові|спочатку|на початку|проміжн\w+|по условие|в условието"
    r"|отначало|първоначално"
    r"|в началото|междин\w+|според (?:условието|задачата|текста)|на почетокот|првично|паводле умовы|спачатку",
    "el": r"εκφώνηση\w*|αρχικά|στην αρχή|ενδιάμεσο\w*",
    "tr, az": r"(?:soruya|probleme|metne) göre|soruda|problemde|metinde|başlangıçta|ilk başta|ara sonuç"
    r"|məsələdə"
    r"|əvvəlcə"
    r"|başlanğıcda",
    "kk, uz": r"есепте|басында|бастапқыда|masalada|boshida|dastlab",
    "id, ms, tl, sw": r"menurut soal|dalam soal|soal menyatakan|awalnya|mula-mula|pada mulanya|semula"
    r"|pada asalnya"
    r"|hasil antara"
    r"|ayon sa (?:problema|tanong)|sa simula|noong una|swali linasema|mwanzoni|awali|hapo mwanzo",
    "vi": "theo đề|đề bài cho|đề cho|ban đầu|lúc đầu|thoạt đầu|trung gian",
    "ar": r"(?:حسب|وفق|في) (?:المسألة|النص|السؤال)|نص المسألة|المعطيات|في البداية|مبدئيا|مبدئيًا|في الأصل",
    "fa, ur": r"(?:طبق|مطابق|در) (?:مسئله|سوال|متن|صورت مسئله)|صورت مسئله|در ابتدا|در آغاز|سوال میں"
    r"|شروع میں|ابتدا میں",
    "he": r"(?:לפי|על פי) (?:השאלה|הטקסט|הנתונים)|בשאלה|בתחילה|בהתחלה|במקור|נתון ש\w*",
    "ka, hy, lv, lt, sq, eu": r"პირობის|თავდაპირველად|սկզբում|սկզբնապես|sākumā|sākotnēji|uzdevumā"
    r"|pradžioje|iš pradžių"
    r"|uždavinyje|fillimisht|në fillim|hasieran|enuntziatuak",
}
_GIVEN_IN_A_WORD = (
    "प्रश्न के अनुसार|प्रश्न में|शुरू में|आरंभ में|सुरुवातीला|প্রশ্নে|শুরুতে|প্রথমে|দেওয়া আছে"
    "|શરૂઆતમાં|ਸ਼ੁਰੂ ਵਿੱਚ"
    "|கேள்வியில்|ஆரம்பத்தில்|முதலில்|ప్రశ్నలో|మొదట|ಪ್ರಶ್ನೆಯಲ್ಲಿ|ಮೊದಲು|ಆರಂಭದಲ್ಲಿ|ആദ്യം|ചോദ്യത്തിൽ|മുതලിൽ|මුලින්"
    "|ප්‍රශ්නයේ"
    "|โจทย์|ตอนแรก|เดิมที|เริ่มต้น|เดิมมี|แต่เดิม|ទីបំផុត|ដំបូង|ແຕ່ເດີມ|ຕອນທຳອິດ|မူလ|ပထမ"
    "|题目(?:里|中|上)?(?:说|给|告诉|提到|写)|題目(?:裡|中|上)?(?:說|給|告訴|提到|寫)|题中|題中|题干"
    "|題幹|原来|原來"
    "|原本|起初|最初|一开始|一開始|开始时|開始時|中间结果|中間結果|暂时"
    "|暫時"
    "|問題文|問題に(?:は|よ)|問題では|はじめに|初めに|もともと|元々|最初|当初|途中|中間"
    "|문제에서|문제에|문제는|주어진|처음에|원래|처음"
)
_TOO = (
    r"too (?:many|few|much|little|large|small|big|high|low)|zu (?:viele?|wenige?|groß|klein|hoch"
    r"|niedrig)|te (?:veel"
    r"|weinig|groot|klein)"
    r"|trop|demasiad[oa]s?|troppo|troppi|troppe|demais|massa|för (?:många|mycket|få|lite|stort|litet)"
    r"|for (?:mange"
    r"|meget|mye|få|lite|lidt|stort)"
    r"|liian|liiga|za (?:dużo|mało|duż\w+)|příliš|príliš|premalo|previše|preveč|слишком|занадто|твърде"
    r"|прекалено"
    r"|превише|túl|prea"
    r"|πάρα πολλ\w+|υπερβολικ\w+|çok fazla|terlalu|quá (?:nhiều|ít|lớn|nhỏ)|mno sana|masyado\w*"
    r"|par daudz|per daug"
    r"|أكثر مما|זה יותר מדי"
)
_TOO_IN_A_WORD = "太[多少大小高低]|すぎ|過ぎ|너무|เกินไป|มากไป|น้อยไป|बहुत ज़्यादा|बहुत ज्यादा"
_IRREALIS = (
    r"wären?|serait|seraient|sería|serían|sarebber?o?|seriam?|seríem|byłoby|byłaby|byłyby|bylo by"
    r"|bolo by|bilo bi"
    r"|bi bilo|было бы|были бы|было б|був би"
    r"|була б|було б|би било|би били|olurdu|olacaktı|skulle (?:vara|bli|være|blive)|ville (?:vara|være"
    r"|blive|vært)"
    r"|zou(?:den)?|olisi|olisivat|oleks|būtu"
    r"|būtų|lenne|volna|ar fi|θα ήταν|olardı|bo'lardi|болар еді|litzateke|do të ishte|hubiera|habría"
    r"|aurait|avrebbe"
    r"|teria|hätten?"
)


def _any(table: dict[str, str]) -> str:
    return "|".join(table.values())


HARDLY = Alternatives(
    f"{_any(_HARDLY)}|{_TOO}|{REJECTED}", f"{_any(_HARDLY_IN_A_WORD)}|{_TOO_IN_A_WORD}|{REJECTED_IN_A_WORD}"
)
"""What denies or doubts the value of its clause, or asks about it."""
SUPPOSING = Alternatives(_any(_SUPPOSING), _SUPPOSING_IN_A_WORD)
"""What makes a value a mere case."""
GIVEN = Alternatives(_any(_GIVEN), _GIVEN_IN_A_WORD)
"""What makes a value the problem's own, or an earlier one."""
IRREALIS = Alternatives(_IRREALIS)
"""Verbs of what would be."""
