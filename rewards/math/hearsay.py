# ruff: noqa: RUF001  (words in other scripts)
"""Words that quote a value as another's, call it possible, or drop it: "many say 18", "it could be 18", "18 drops "
"out"."""

from __future__ import annotations

from rewards.math.alternatives import Alternatives

_NO_CLAIM = (
    "equation",
    "theorem",
    "formula",
    "rule",
    "identity",
    "condition",
    "line",
    "second",
    "first",
    "this",
    "that",
    "which",
    "it",
)
_SAID_IN_ENGLISH = (
    "".join(f"(?<!{subject} )" for subject in _NO_CLAIM)
    + r"(?:says|said|claims|claimed|insist(?:s|ed)?|maintain(?:s|ed)|suggest(?:s|ed)|report(?:s|ed)|assert(?:s|ed)"
    r"|argue[sd]|swears|swore|reckon(?:s|ed)?|guess(?:es|ed)|alleges?d?|believes|thinks)"
    r"|(?:solver|calculator|website|web ?page|forum|answer key|manual|internet|chatbot|wikipedia)(?: \w+){0,2} (?:gets?"
    r"|got|gives?|gave|obtain(?:s|ed)|has|had|lists?|printed|shows?|displays?|writes?|wrote|finds?|found|computed)"
    r"|according to (?!(?:the |this |these |that |our |its )?(?:pythag|[a-z]+['’]s (?:law|rule|theorem|formula)|theorem"
    r"|formula|rule|law|order|given|defin|problem|chart|table|graph|figure|data|recipe|calcul|plan|schedule|equation))"
    r"|in \S+['’]s opinion"
)
_SAID = (
    r"(?:whoever|anyone|someone|anybody|somebody|many|some|most|few|people|nobody|students?)(?: \w+){0,3} (?:say|says"
    r"|said|answer|answers"
    r"|answered|think|thinks|guess|guesses|claim|claims|reply|replies|get|gets|got|pick|picks|write|writes)"
    r"|sag(?:t|en|te)|antworte(?:t|n)|behaupte[nt]|behauptet|glaub(?:t|en)|denk(?:t|en)|mein(?:t|en)|tippt|raten"
    r"|könnten?|nähme|viele|manche|jemand"
    r"|niemand|man könnte|zeg(?:t|gen)|antwoord(?:t|en)|beweert|beweren|denken|gelooft|geloven|zou kunnen|velen"
    r"|sommigen|iemand|ruim|krap|dik(?= \d)"
    r"|di(?:t|sent|raient|rait)|répond(?:re|s|ent|rait)?|croient|croit|pensent|pense|prétend\w*|pourrait|pourraient"
    r"|certains|beaucoup|quelqu['’]un|rien ne"
    r"|personne|dicen|diría\w*|responde\w*|responder|contesta\w*|creen?|cree|piensan?|afirma\w*|podrían?|muchos"
    r"|algunos|alguien|nadie|olvida\w*|quien(?:es)?"
    r"|pou?co (?:más|mais|più|meno|menos)|dizem|diz|disse\w*|responde\w*|acham?|acredita\w*|pensa\w*|poderiam?|muitos"
    r"|alguns|alguém|ninguém|quem|esquece\w*"
    r"|dicono|direbbe\w*|direi|rispond\w+|crede\w*|credono|pensano?|afferma\w*|potrebbe\w*|molti|alcuni|qualcuno"
    r"|nessuno|chi|dimentica\w*|appena"
    r"|säger|svarar|svara|tror|tro|påstår|kan vara|kunde vara|skulle kunna|många|någon|ingen|somliga|drygt|knappt"
    r"|siger|svarer|svare|sier|tro|påstår|påstand"
    r"|kan være|kunne være|mange|noen|nogen|nogle|godt og vel|snaut|knap|vastaa\w*|vastais\w*|sano\w*|luul\w+|väit\w+"
    r"|moni|monet|jotkut|joku|kukaan"
    r"|voisi|saattaa\w*|saattais\w*|vajaat?|runsaa\w*|reilut?|ütle\w*|vasta(?:b|vad|ks)|arva\w*|mõned|paljud|keegi"
    r"|võiks|võib"
    r"|mówi\w*|powie\w*|powiedział\w*|odpowie\w*|odpowiada\w*|myśl\w+|pomyśleć|twierdz\w+|uważa\w*|mógłby|mogłoby"
    r"|mogło|wielu|niektórzy|ktoś|nikt|skądże|ponad|niespełna"
    r"|říká\w*|řekne|řekl\w*|odpoví|odpověd[ěí]\w*|myslí|tvrdí|mohlo by|mohl\w*|mnoz[íi]|někdo|nikdo|kdepak|kdo"
    r"|hovorí|povie|odpovie|mohlo|mnohí|niekto|nikto|kto"
    r"|kaž[eu]\w*|rekao|reći|odgovori\w*|tvrd[ie]|misl[ie]|moglo|mogao|mnogi|netko|neko|niko|nitko|pravi[jo]*|reče"
    r"|morebiti|nekdo|nihče|каж[еу]\w*|мисле|тврде|могло|неко|нико|многи"
    r"|mondj\w+|mondan\w+|válaszol\w*|gondol\w*|állít\w*|sokan|valaki|senki|néhányan|lehetne|szó sem|spun|spune"
    r"|ar spune|răspund\w*|cred|crede|afirmă|mulți|unii|cineva|nimeni|putea|n-are"
    r"|говор[яи]т\w*|скаж[еу]т?\w*|сказать|ответ(?:ит|ят|ить|ил\w*)|отвеча\w+|дума(?:ет|ют|ть)|счита(?:ет|ют)"
    r"|утвержда\w+|многие|некоторые|кто-то|никто|кто|могло|мог|какие|какой|с чего|хотелось|чуть"
    r"|каж(?:е|уть)|скаж(?:е|уть)|відпов(?:ість|ідають|ідає|ідять)|дума(?:є|ють)|вважа\w+|стверджу\w+|хтось|ніхто"
    r"|дехто|багато хто|міг|могло|казва\w*|мисл(?:и|ят)|твърд\w+|някой|никой|мнозина"
    r"|λένε|λέει|έλεγε|πει|πουν|απαντ\w+|νομίζ\w+|πιστεύ\w+|ισχυρίζ\w+|κάποι\w+|πολλοί|μερικοί|κανείς|κανένας|όποιος"
    r"|μπορούσε"
    r"|diyen\w*|olduğunu (?:söyl\w+|düşün\w+|san\w+|iddia\w*)|diyor\w*"
    r"|derler|derse\w*|diyebilir\w*|sanan\w*|sanır\w*|düşünen\w*|olabilir\w*|gibi|sanki|kimileri"
    r"|bazıları|biri|kimse|çoğu|ola bilər|deyən\w*|deyir\w*|bəziləri|kimsə|bo['’]lishi mumkin|дейді|болуы"
    r"|menjawab|mengira|mengatakan|mengatakannya|berkata|menduga|percaya|mengaku|banyak yang|ada yang|seseorang|siapa"
    r"|bisa jadi|boleh jadi|kira-kira|lebih dari|sedikit (?:lebih|kurang)|menyangka"
    r"|trả lời|nói|nghĩ|cho rằng|đoán|bảo|nhiều (?:bạn|người)|có (?:bạn|người)|ai đó|hơn|gần|sagutin|sinasabi"
    r"|nagsasabi|sasagot|iniisip|maaaring|may magsasabi|watasema|watajibu|wanasema|wanajibu|husema|wengine|wengi"
    r"|inaweza kuwa"
    r"|قالوا?|يقولون|قد يقول|أجاب\w*|يظن\w*|يعتقد\w*|زعم\w*|يمكن أن (?:يكون|تكون)|بعض\w*|أحدهم|قرابة|نحو(?= \d)"
    r"|من قال|می‌?گوی\w*|گفته‌?اند|می‌?پندار\w*|گمان|بعضی|برخی|کسی|کہیں گے|کہتے|سمجھ\w+|کچھ لوگ|ہو سکتا\w*|کوئی"
    r"|שענה|שאומר\w*|אומרים|יאמרו|יגידו|יענו|עונים|חושבים|טוענים|מישהו|יש מי|מי ש\w+|מי|יכול להיות|עשוי להיות|עלול\w*"
    r"|diuen|diu|creuen|podria|podrien|alguns|ningú|diote|daiteke|thonë|mund të jetë|saka|sako|sakytų|galėtų|kažkas"
    r"|teiktu|varētu|kāds"
)
"""Who else gives a value, or that it may be: the value of a third person, or of a possibility."""
_SAID_IN_A_WORD = (
    "कहेंगे|कहते|कहेगा|सोचते|समझते|उत्तर देंगे|उत्तर देते|कुछ लोग|कई लोग|कोई|हो सकत|म्हणतील|म्हणतात|असू शक|বলবে|বলেন"
    "|ভাবে|ভাবতে|কেউ|অনেকে|হতেও পারে|হতে পার|કહેશે|હોઈ શક|કોઈ|ਕਹਿਣਗੇ|ਹੋ ਸਕਦ|ਕੋਈ"
    "|சொல்வார்|கூறுவர்|சிலர்|பலர்|யாராவது|ஆகலாம்|கூடும்|అంటారు|కొందరు|చాలా మంది|ఎవరైనా|అవొచ్చు|కావొచ్చు|ಹೇಳುತ್ತಾರೆ"
    "|ಕೆಲವರು|ಆಗಬಹುದು|പറയും|ചിലർ|ആകാം|කියයි|සමහර"
    "|บางคน|หลายคน|ใครตอบ|มีคน|คนที่ตอบ|คิดว่า|เชื่อว่า|น่าจะ|ราวๆ|กว่า|បាន​ថា|អ្នកខ្លះ|ບາງຄົນ|တချို့|အချို့"
    "|有人|很多人|许多人|許多人|不少人|谁说|誰說|会答|會答|误答|誤答|会说|會說|容易(?:答|得|算|以|认)|左右或|或更"
    "|或者更|多一点|少一点|出头|出頭|有余|开外|不止"
    "|と言ってい|と言った|と言いました|だそうです|(?<!素晴)らしい|と聞いて|と答え|という人|と言う人|と考えが|と思いが|と思う|しがち|しまいがち|ぐらいか|くらいか|ほど(?=[か、。])|かそれ"
    "|一部の人|多くの人|誰か|ちょっと(?:多|少)|弱(?=[。で])|強(?=[。で])"
    "|이라고 (?:답|말|생각|하|착각)|라고 (?:답|말|생각|하는|착각)|답하기 쉽|하는 사람|사람도|누군가|많은 사람"
    "|어떤 사람|남짓|같기도|수도 있"
)
REJECTED = (
    r"verworfen|verwerfen|scheidet|entfällt|verlock\w+|leicht bei|afgewezen|vervalt|verleidelijk\w*|rejet\w+"
    r"|écart(?:e|er|ée?|ons)|exclue?s?|tentante?|circule"
    r"|descart\w+|rechaz\w+|desech\w+|tentador\w*|rejeit\w+|exclu[íi]\w+|scarta\w*|respint\w+|esclus\w+|tentazione"
    r"|förkast\w+|frestande|forkast\w+|fristende"
    r"|hyl[äk]\w+|houkut\w+|lükat\w+|odpad[aá]\w*|odrzuc\w+|odrzuć\w*|kusi|brakuje|zamít\w+|vyluč\w+|svádí|otpada\w*"
    r"|odbac\w+|odpade|kiesik\w*|elvet\w+|kizár\w+|csábít\w+"
    r"|respin[sg]\w*|elimin\w+|tentant|отпада\w+|отбрасыв\w+|отброс\w+|отверг\w+|исключ(?!ени)\w+|дотягив\w+|тянет"
    r"|соблазн\w+|відпада\w+|відкид\w+|спокуслив\w*|отхвърл\w+|изкушав\w+"
    r"|απορρ\w+|αποκλεί\w+|δελεαστικ\w+|elen(?:ir|di|miş\w*)|reddedil\w+|cazip|rədd|مرفوض\w*|مستبعد\w*|نستبعد\w*"
    r"|نرفض\w*|رد می\w*|حذف می\w*|مسترد|נפסל\w*|נדח\w+|נשלל\w*"
    r"|gugur|ditolak|tereliminasi|tergoda|loại(?! (?:quả|sách|bánh|hoa))|epuka|reject\w*|discard\w*|ruled out"
    r"|rule out|eliminat\w+"
)
_TRIED = (
    r"probier\w+|versuch\w+|einsetz\w+|eingesetzt|proberen|probeer|invullen|essay\w+|remplaç\w+|substitu\w+|sustitu\w+"
    r"|prob(?:emos|amos|ar|ando)|tent(?:iamo|emos)|testemos|desse|sostitu\w+|proviamo|prova(?:re|ndo)|prøv\w*|kokeil\w+"
    r"|sijoit\w+|spróbuj\w+|podstaw\w+|zkus\w+|dosa[dď]\w+|skús\w+|uvrst\w+|подстав\w+|попроб\w+|провер(?:им|яем)"
    r"|підстав\w+|спроб\w+|замест\w+|próbálj\w*|helyettesít\w*|încerc\w*|înlocu\w*|δοκιμ\w+|dene(?:yelim|rsek)"
    r"|جرب\w*|نجرب|נציב|ננסה|coba|substitusi\w*|thử|jaribu|try|plug\w*"
)
"""A value that is tried, as one tries roots."""
_TRIED_IN_A_WORD = "रखने पर|रखकर|বসিয়ে|বসালে|ลองแทน|ลองใช้|ลองดู|代入|先试|先試|试试|試試|試し|대입"
REJECTED_IN_A_WORD = (
    "छोड़ दि|खारिज|अस्वीकार|বাতিল|বাদ দ|ตัด|舍去|舍弃|捨去|捨棄|淘汰|很想"
    "|还差|還差|除外|捨て|却下|不適|たくな|제외|버린|버려|탈락|기각|모자[라란랍]"
)

SAID = Alternatives(f"{_SAID_IN_ENGLISH}|{_SAID}|{_TRIED}", f"{_SAID_IN_A_WORD}|{_TRIED_IN_A_WORD}")
"""What quotes a value, or calls it possible; only the clause of a bare sentence is asked for these."""
