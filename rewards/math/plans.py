# ruff: noqa: RUF001  (words in other scripts)
"""Words of a sentence that says what is known, or what is still to be done: "then we have to multiply".

The latter has one word that looks ahead and one for what a solver does; either alone says nothing. Whole words of
spaced scripts stand by language. Standard library only.
"""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.folding import vocabulary

_AHEAD = {
    "en": r"(?:we|i|you|one)(?: (?:still|now|then|next|also|just|first|only|would|will|could))* (?:need"
    r"|have(?! found)|want|must|ought|should|shall|are going|am going|plan)"
    r"|(?:we|i|you)['’]ll|(?:we|i|you) (?:will|would|can) (?:now|then|next|still|also)?"
    r"|let['’]s(?! see)|let us|let me|remains? to|left to|still (?:need|have|has)|the (?:next|last"
    r"|final|remaining) step"
    r"|next|then|afterwards?|after (?:that|this)|now|yet to|to be (?:added|subtracted|multiplied"
    r"|divided|found|computed|calculated)|going to",
    "de": r"müssen|muss|müsste|sollten|wollen|werden|werde|möchte|danach|dann|anschließend|nun|jetzt"
    r"|als nächstes|im nächsten schritt|zuletzt|schließlich|fehlt|noch",
    "nl, af": r"moeten|moet|zullen|gaan|ga|daarna|vervolgens|dan|nu|nou|nog|rest ons|blijft|ons moet"
    r"|volgende stap",
    "fr": r"il (?:faut|reste|faudra)|nous devons|on doit|devons|dois|doit|allons|vais|ensuite|puis"
    r"|maintenant|après cela|prochaine étape|il ne reste plus qu['’]à",
    "es": r"(?:hay|tenemos|tengo|debemos|debo|vamos|voy|falta|queda|necesitamos|necesito|habría"
    r"|toca) ?(?:que|a|por)?|ahora|luego|después|a continuación|el siguiente paso",
    "ca, gl": r"(?:hem|cal|falta|queda|hai|temos|debemos) ?(?:de|que|per)?|ara|després|agora|despois",
    "pt": r"(?:temos|tenho|devemos|devo|precisamos|preciso|falta|resta|vamos|vou|é preciso"
    r"|é necessário) ?(?:que|de|a)?|agora|depois|em seguida|a seguir",
    "it": r"(?:dobbiamo|devo|bisogna|occorre|resta|rimane|manca|andiamo|voglio|vogliamo) ?(?:ancora|da"
    r"|a)?|ora|adesso|poi|dopo|successivamente|il prossimo passo",
    "ro": r"(?:trebuie|mai avem|urmează|rămâne|vom|vreau|vrem) ?(?:să|de)?|acum|apoi|după aceea|pasul următor",
    "sv, da, no, is": r"(?:måste|behöver|ska|skall|skal|må|trenger|behøver|vil|vill)|(?:vi|jag"
    r"|jeg) (?:\w+ )?(?:kan|bör)|sedan|därefter|nu|nå|derefter|dernæst|deretter|nästa steg|næste|neste"
    r"|återstår|gjenstår|mangler|þurfum|verðum|síðan|næst",
    "fi, et": r"(?:täytyy|pitää|on vielä|tulee|meidän on|aiomme|aion)|seuraavaksi|sitten|nyt"
    r"|sen jälkeen|lopuksi|vielä|peame|pean|tuleb|vaja|seejärel|nüüd|järgmiseks",
    "pl": r"(?:musimy|muszę|trzeba|należy|pozostaje|pozostało|zostało|powinniśmy|chcemy|będziemy|mamy)"
    r"|teraz|następnie|potem|później|dalej|jeszcze|w kolejnym kroku",
    "cs, sk": r"(?:musíme|musím|je třeba|je potřeba|potřebujeme|zbývá|zostáva|treba|máme|chceme|budeme"
    r"|potrebujeme)|nyní|teď|teraz|pak|poté|potom|dále|ďalej|následně|následne|ještě|ešte",
    "sl, hr, sr": r"(?:moramo|moram|treba|trebamo|potrebno je|preostaje|ostaje|želimo|hočemo|ćemo|bomo"
    r"|potrebujemo)|sada|sad|zdaj|zatim|onda|potom|nato|potem|još|мора\w*|треба|остаје|сада|затим|онда"
    r"|потом|још",
    "ru": r"(?:нужно|надо|необходимо|следует|осталось|остаётся|остается|должны|должен|предстоит|хотим"
    r"|будем|требуется)|теперь|затем|потом|далее|после этого|дальше|ещё|еще",
    "uk, be": r"(?:потрібно|треба|необхідно|слід|залишилося|залишається|маємо|повинні|хочемо|будемо)"
    r"|тепер|потім|далі|після цього|ще|цяпер|затым|трэба|яшчэ",
    "bg, mk": r"(?:трябва|остава|нужно е|необходимо е|ще|искаме|потребно е|мораме)|сега|след това|после"
    r"|потоа|още|уште",
    "hu": r"(?:kell|kellene|fogjuk|fogom|szeretnénk|hátra van|szükséges)|most|majd|ezután|azután|utána"
    r"|következő lépés\w*|még",
    "el": r"(?:πρέπει|χρειάζεται|μένει|απομένει|θα|θέλουμε)|τώρα|μετά|έπειτα|στη συνέχεια|ύστερα|ακόμα|ακόμη",
    "tr, az": r"(?:gerek\w*|lazım\w*|lâzım\w*|gerekiyor|gerekir|zorunda\w*|kaldı|lazımdır|gərək\w*)"
    r"|şimdi|sonra|ardından|daha sonra|sıradaki|indi|hələ|bundan sonra",
    "kk, uz, ky, mn, tg": r"(?:керек|қажет|тиіс|kerak|lozim|зарур|керектүү|хэрэгтэй|ёстой|бояд)|енді"
    r"|содан кейін|одан кейін|endi|keyin|so['ʻ‘’]ngra|эми|андан кийин|одоо|дараа нь",
    "id, ms, jv": r"(?:harus|perlu|akan|mesti|masih|tinggal|ingin|mau|kena)|sekarang|selanjutnya"
    r"|kemudian|lalu|setelah itu|berikutnya|seterusnya|kini",
    "vi": r"(?:cần|phải|sẽ|còn phải|còn cần|hãy|muốn)|bây giờ|tiếp theo|sau đó|kế tiếp|rồi|giờ",
    "tl": r"(?:kailangan\w*|dapat|gagawin|gusto)|ngayon|pagkatapos|susunod|saka",
    "sw": r"(?:tunahitaji|inabidi|lazima|tutahitaji|tunapaswa|nahitaji|ninahitaji|tunatakiwa|itabidi)"
    r"|sasa|kisha|halafu|baadaye|baada ya hapo|hatua inayofuata|bado",
    "ar": r"(?:يجب|علينا|يلزم|نحتاج|يتبقى|بقي|ينبغي|سوف|سنقوم|لا بد|نريد|تبقى)|الآن|ثم|بعد ذلك|والآن"
    r"|الخطوة التالية",
    "fa": r"(?:باید|بایستی|لازم است|نیاز داریم|می‌?خواهیم|مانده است|خواهیم)|حالا|اکنون|سپس|بعد|پس از آن"
    r"|در مرحله بعد|هنوز",
    "ur": r"(?:ہوگا|ہو گا|ہے|کرنا|ضروری|چاہیے|باقی)|اب|پھر|اس کے بعد",
    "he": r"(?:צריך|צריכים|עלינו|יש|נותר|נשאר|חייבים|נרצה|אנחנו צריכים)|עכשיו|כעת|אחר כך|לאחר מכן|בשלב הבא|עוד",
    "ka, hy, lt, lv, eu, sq": r"უნდა|გვჭირდება|ახლა|შემდეგ|პետք|պետք է|հիմա|այնուհետև|ապա|reikia|turime"
    r"|dabar|tada|toliau|jāa\w+|jāv\w+|vajag|tagad|pēc tam|behar|orain|ondoren|duhet|tani|pastaj",
}
_AHEAD_IN_A_WORD = {
    "zh": "(?:还|還|仍|就|再|也|我们|我們|我)?(?:需要|必须|必須|还要|還要|需|得先|要)|应该|應該|接下来"
    "|接下來|然后|然後|接着|接著|下一步|现在|現在|再",
    "ja": "予定|必要が|なければ|ねばな|べき|次に|それから|その後|続いて|今度は|あとは|後は|まだ|これから"
    "|ましょう|しよう|ていきます",
    "ko": "해야|하여야|야 (?:합|한|하)|필요|이제|다음|그다음|그 다음|그런 ?다음|그 ?후|남았|겠습니다|것입니다|봅시다",
    "hi, mr, ne": "(?:करना|निकालना|निकालनी|निकालने|करनी|जोड़ना|घटाना|ढूँढना|ढूंढना|पता करना|बाँटना"
    "|बांटना) ?(?:होगा|होगी|है|पड़ेगा|बाकी|चाहिए)?|अब|फिर|इसके बाद|आगे|अभी|आता|नंतर|मग|पाहिजे|अब"
    "|त्यसपछि|पर्छ",
    "bn": "হবে|প্রয়োজন|প্রয়োজন|দরকার|এখন|তারপর|এরপর|এবার|বাকি|এখনও",
    "gu, pa": "હવે|પછી|જરૂર|પડશે|ਹੁਣ|ਫਿਰ|ਪਵੇਗਾ|ਲੋੜ",
    "ta, te, kn, ml, si": "வேண்டும்|இப்போது|பிறகு|அடுத்து|பின்னர்|ఇప్పుడు|తర్వాత|తరువాత|ಈಗ|ನಂತರ|ബാക്കി"
    "|ഇപ്പോൾ|പിന്നെ|അടുത്തതായി|ఉంటుంది|దాలి|ವೇಕು|ಬೇಕು|ണം|ඊළඟට|දැන්|යුතු",
    "th, lo": "ต้อง|จะ|ควร|ต่อไป|จากนั้น|ตอนนี้|แล้วจึง|ยังเหลือ|ถัดไป|ຕ້ອງ|ຕໍ່ໄປ|ຈາກນັ້ນ|ຕອນນີ້",
    "km, my, am": "ត្រូវ|បន្ទាប់|ឥឡូវ|လိုအပ်|ရမည်|ယခု|ထို့နောက်|ဆက်|አለብን|አሁን|ከዚያ|ቀጥሎ",
}
_DOES = {
    "en": r"add(?:ed)?|subtract(?:ed)?|multiplied|divided|computed|calculated|multiply|divide|find"
    r"|compute|calculate|determine|work (?:it |this |that )?out"
    r"|figure|convert|compare|combine|count|solve|take (?:half|a|the|away|into)|use|plug|substitute"
    r"|include|check (?:how|whether|what)|know|consider|look (?:at|for)|deduct|round|simplify|finish"
    r"|continue|sum|split|apply",
    "de": r"(?:addier\w*|subtrahier\w*|multiplizier\w*|dividier\w*|teil(?:en|e)|berechn\w+|rechn(?:en"
    r"|e)|bestimm\w+|ermittel\w+|find(?:en|e)|abziehen|abzuziehen|hinzufüg\w+|zusammenzähl\w+"
    r"|umrechn\w+|umwandel\w+|vergleich\w+|herausfind\w+|ausrechn\w+|zähl(?:en|e)|verdoppel\w+"
    r"|halbier\w+|lösen|wissen|dazu)|ziehen",
    "nl, af": r"optellen|aftrekken|vermenigvuldig\w*|delen|deel|berekenen|bereken|bepalen|bepaal|vinden"
    r"|uitrekenen|omrekenen|vergelijken|tellen|oplossen|uitzoeken|weten|verdelen|verdubbelen|halveren"
    r"|optel|aftrek|uitwerk",
    "fr": r"(?:addition|multipli|calcul|détermin|trouv|compt|ajout|convert|soustra|retir|divis|compar"
    r"|cherch|résou|résoud|partag|somm|doubl|enlev|simplifi|utilis)\w+|savoir|diviser",
    "es, ca, gl": r"(?:sum|rest|multiplic|divid|calcul|hall|determin|encontr|encuentr|averigu|conv"
    r"|compar|busc|resolv|resuelv|repart|descont|añad|agreg|contar|cuent|troba|trob|esbrin|simplific"
    r"|usar)\w*|saber|quitar",
    "pt": r"(?:som|subtra|multiplic|divid|calcul|determin|encontr|descobr|convert|compar|busc|resolv"
    r"|repart|descont|adicion|cont|dobr|simplific)\w*|saber|achar|tirar",
    "it": r"(?:somm|sottra|moltiplic|divid|calcol|determin|trov|scopr|convert|confront|cerc|risolv"
    r"|aggiung|togli|cont|raddopp|semplific|ripart)\w*|sapere",
    "ro": r"(?:adun|scăd|scade|înmulț|împărț|calcul|determin|găs|afl|compar|transform|rezolv|adăug|număr)\w*",
    "sv, da, no, is": r"(?:adder|subtraher|multiplicer|multipliser|divider|dela|dele|beräkn|beregn"
    r"|räkna|regn|bestäm|bestem|hitta|finn|find|lägg|legg|læg|dra|trekk|træk|omvandl|omregn|jämför"
    r"|sammenlign|lös|løs|gang|tell|tæl|ta reda|dobl|margfald|deil|reikn|finna|leggja|draga)\w*|veta"
    r"|vite|vide",
    "fi, et": r"(?:laske\w*|lisä\w*|vähen\w*|kerro\w*|kertoa|jakaa|jaetaan|jaamme|etsi\w*|selvit\w*"
    r"|määrit\w*|muunta\w*|verra\w*|ratkais\w*|summa\w*|löytää|liit\w*|lahuta\w*|korruta\w*|jaga\w*"
    r"|leid\w*|arvuta\w*|teisenda\w*|võrdle\w*)",
    "pl": r"(?:doda|odj|pomnoż|podziel|oblicz|policz|wyznacz|znale|znajd|ustal|przelicz|zamieni|porówna"
    r"|zsumowa|sprawdz|dowiedz|rozwiąz|dzieli|mnoży|wylicz|obliczy)\w*",
    "cs, sk": r"(?:seč|sčít|přičt|odeč|odčít|odpoč|vynásob|násob|vyděl|vydel|děl|del|spočít|vypoč|urč"
    r"|naj|zjist|zist|přev|prev|porovn|vyřeš|vyrieš|přid|prid|počít|rozděl|rozdel)\w*",
    "sl, hr, sr": r"(?:sešte|zbroj|sabra|oduze|odšte|pomnož|množ|podijel|podel|podelit|del|izračun|naći"
    r"|najti|naj|odred|določ|utvrd|pretvor|uspored|uporeb|primerj|riješ|reš|doda|oduz|сабра|одузе"
    r"|помнож|поде|израчуна|наћи|одреди|дода|реши)\w*",
    "ru": r"(?:слож|прибав|вычес|вычит|отня|умнож|раздел|дел|вычисл|посчита|подсчита|сосчита|найти|найд"
    r"|определ|узна|выясн|перевести|перевед|сравн|реш|добав|сумм|удво|учесть|рассчита)\w*",
    "uk, be": r"(?:дода|відня|помнож|поділи|обчисл|порахува|підрахува|знайти|знайд|визнач|дізна"
    r"|з['’ʼ]ясува|перевест|порівня|розв|склас|падзял|вылічы|знайсці)\w*",
    "bg, mk": r"(?:събер|съберем|извад|умнож|раздел|изчисл|пресмет|намер|определ|разбер|преобраз|сравн"
    r"|реш|добав|прибав|собер|одзем|помнож|подел|најд|пресмета)\w*",
    "hu": r"(?:össze(?:ad|számol|g|szoroz)\w*|hozzá\w*|kivon\w*|levon\w*|megszoroz\w*|szoroz\w*"
    r"|eloszt\w*|oszt\w*|kiszám\w*|számol\w*|meghatároz\w*|megkeres\w*|megtalál\w*|átvált\w*|megold\w*"
    r"|megtud\w*)",
    "el": r"(?:προσθέ|αφαιρέ|πολλαπλασιά|διαιρέ|υπολογί|βρ|βρούμε|προσδιορί|μετατρέ|συγκρί|λύσ|μετρή|μοιρά)\w*",
    "tr, az": r"(?:topla|çıkar|çarp|böl|hesapla|bul|belirle|çevir|karşılaştır|çöz|say|ekle|öğren"
    r"|toplama|çıx|vur|hesabla|tap|müəyyən)\w*",
    "kk, uz, ky, mn, tg": r"(?:қос|азайт|көбейт|бөл|есепте|тап|табу|анықта|qo['ʻ‘’]sh|ayir|ko['ʻ‘’]payt"
    r"|bo['ʻ‘’]l|hisobla|top|aniqla|кош|кемит|эсепте|нэм|хас|үрж|хува|ол|тооцо|ҳисоб)\w*",
    "id, ms, jv": r"di(?:tambah|kurangi|kalikan|bagi|hitung|cari|jumlahkan)\w*|men(?:ghitung|cari"
    r"|entukan|emukan|gubah|jumlahkan|ambahkan|gurangi|galikan|getahui|gira|yelesaikan|darab)\w*"
    r"|mem(?:bagi|bandingkan|bahagi)\w*",
    "vi": r"tính|cộng|trừ|nhân|chia|tìm|xác định|đổi|so sánh|biết|giải|lấy|đếm",
    "tl": r"(?:idagdag|ibawas|i-multiply|hatiin|hanapin|kalkulahin|alamin|kwentahin|bilangin|idadagdag"
    r"|paramihin)\w*",
    "sw": r"(?:ku|tu|ni)(?:jumlisha|ongeza|toa|zidisha|gawa|gawanya|kokotoa|hesabu|tafuta|pata|jua"
    r"|linganisha|badilisha|tatua)\w*",
    "ar": r"(?:أن )?(?:ن|ا|ال)?(?:جمع|طرح|ضرب|قسم|حسب|حساب|وجد|نجد|إيجاد|تحديد|حدد|عرف|معرفة|تحويل|حول"
    r"|مقارنة|قسمة|إضافة|ضيف|حل)\w*|نقارن",
    "fa, ur": r"(?:جمع|کم|ضرب|تقسیم|حساب|محاسبه|پیدا|تعیین|مشخص|تبدیل|مقایسه|حل|اضافه|بدانیم|نکالنا"
    r"|نکالنی|معلوم|شامل|ملانا|گننا)\w*",
    "he": r"(?:לחבר|להוסיף|לחסר|להפחית|להכפיל|לכפול|לחלק|לחשב|למצוא|לקבוע|להמיר|להשוות|לפתור|לדעת|לספור"
    r"|נחשב|נחלק|נכפול|נחסר|נחבר|נמצא)",
    "ka, hy, lt, lv, eu, sq": r"(?:დავამატ|გამოვაკლ|გავამრავლ|გავყ|გამოვთვალ|ვიპოვ|დავადგინ|გავიგ"
    r"|გումար|գումար|հան|բազմապատկ|բաժան|հաշվ|գտն|որոշ|pridė|atim|padaugin|padalin|apskaič|rasti|nustat"
    r"|sužino|saskait|atņem|reizin|dalīt|dalām|aprēķin|atra|noteik|noskaidro|batu|kendu|biderka|zatitu"
    r"|kalkula|aurki|mbledh|zbres|shumëz|pjesët|llogarit|gje|caktoj)\w*|jā(?:aprēķin|saskait|atņem"
    r"|reizin|dal|atrod)\w*",
}
_DOES_IN_A_WORD = {
    "zh": "计算|計算|求出|算出|加上|减去|減去|乘以|除以|相加|相乘|乘上|找出|找到|确定|確定|知道|换算"
    "|換算|比较|比較|考虑|考慮|求|算|加|减|減|乘|除",
    "ja": "計算|求め|足[すしさ]|引[くきか]|掛け|かけ(?:る|て|ます)|割[るりら]|調べ|見つけ|変換|比べ"
    "|比較|考え|加え|数え|知る|分け|決め",
    "ko": "계산|구해|구하|더해|더하|빼|곱하|곱해|곱할|나누|나눠|나눌|찾|알아|결정|변환|비교|세어|뺄|더할|구할",
    "hi, mr, ne": "निकाल|जोड़|जोड|घटा|गुणा|भाग|गणना|पता|ज्ञात|ढूँढ|ढूंढ|बदल|तुलना|हल|बाँट|बांट|गिन|काढ"
    "|शोध|वजा|बेरीज|मोज|पत्ता|हिसाब",
    "bn": "যোগ|বিয়োগ|বিয়োগ|গুণ|ভাগ|হিসাব|গণনা|বের কর|নির্ণয়|নির্ণয়|খুঁজ|জান|তুলনা|রূপান্তর|বাদ দি",
    "gu, pa": "ઉમેર|બાદ|ગુણ|ભાગ|ગણ|શોધ|ਜੋੜ|ਘਟਾ|ਗੁਣਾ|ਵੰਡ|ਗਿਣ|ਲੱਭ|ਪਤਾ",
    "ta, te, kn, ml, si": "கூட்ட|கழிக்க|பெருக்க|வகுக்க|கணக்கிட|கண்டுபிடி|காண|కలప|కలపా|తీసివే|గుణించ"
    "|భాగించ|లెక్కించ|కనుగొన|ಕೂಡ|ಕಳೆ|ಗುಣಿ|ಭಾಗಿ|ಲೆಕ್ಕ|ಕಂಡುಹಿಡಿ|കൂട്ട|കുറയ്ക്ക|ഗുണി|ഹരി|കണക്കാക്ക"
    "|കണ്ടെത്ത|එකතු|අඩු|ගුණ|බෙද|ගණනය|සොයා",
    "th, lo": "บวก|ลบ|คูณ|(?<!อา)หาร|คำนวณ|หา(?:ว่า|จำนวน|ค่า|ราคา|ผล)|แปลง|เปรียบเทียบ|ทราบ|รู้|นับ"
    "|แบ่ง|ບວກ|ລົບ|ຄູນ|ຫານ|ຄິດໄລ່|ຊອກຫາ",
    "km, my, am": "បូក|ដក|គុណ|ចែក|គណនា|រក|ပေါင်း|နုတ်|မြှောက်|စား|တွက်|ရှာ|መደመር|መቀነስ|ማባዛት|ማካፈል|ማስላት|ማግኘት",
}


_ENGLISH = vocabulary(
    "the we i it is are of to and that this then now next by you will have need how was in from with them all find"
)
_ENGLISH_AHEAD, _ENGLISH_DOES = Alternatives(_AHEAD["en"]), Alternatives(_DOES["en"])


def _others(table: dict[str, str]) -> str:
    return "|".join(words for language, words in table.items() if language != "en")


_OTHERS_AHEAD = Alternatives(_others(_AHEAD), _others(_AHEAD_IN_A_WORD))
_OTHERS_DOES = Alternatives(_others(_DOES), _others(_DOES_IN_A_WORD))
_WORD = re.compile(r"[a-z]+")


def is_english(sentence: str) -> bool:
    """Whether the words of a sentence look English.

    >>> is_english("Then we have to add the rest"), is_english("Danach müssen wir sie addieren")
    (True, False)
    """
    return len(_ENGLISH.intersection(_WORD.findall(sentence.lower()))) > 1


def looks_ahead(sentence: str) -> bool:
    """Whether a sentence says what a solver still does.

    >>> looks_ahead("Then we have to multiply by the price"), looks_ahead("Agora falta dividir"), looks_ahead("He pays")
    (True, True, False)
    """
    if is_english(sentence):
        return _ENGLISH_AHEAD.search(sentence) is not None and _ENGLISH_DOES.search(sentence) is not None
    return _OTHERS_AHEAD.search(sentence) is not None and _OTHERS_DOES.search(sentence) is not None


_KNOWN = {
    "en": r"(?:we|i|you) (?:also |already )?know|(?:we|you) (?:are|were) (?:also )?(?:told|given)"
    r"|it is (?:also |well )?(?:known|given)|remember|recall"
    r"|keep in mind|(?:problem|question|text|story|statement|exercise|task) (?:\w+ ){0,2}(?:tells|says"
    r"|states|mentions)|the fact that",
    "de": r"(?:wir wissen|man weiß|bekannt ist|es ist bekannt|gegeben (?:ist|sind)|bekanntlich"
    r"|zur erinnerung|erinner\w+|denk daran)"
    r"|(?:aufgabe|text) (?:\w+ )?(?:sagt|besagt|nennt)",
    "nl, af": r"(?:we|wij|ons) weten?|bekend is|onthoud\w*|herinner\w*|(?:vraagstuk|probleem|opgave"
    r"|vraag) (?:\w+ )?zegt|gegeven is|onthou",
    "fr": r"nous savons|on sait|rappel\w+|souven\w+|n['’]oubli\w+|(?:énoncé|problème) (?:\w+ )?(?:dit"
    r"|indique|précise)|il est donné",
    "es, gl, ca": r"sabemos|se sabe|recuerd\w+|recordemos|record\w+|(?:problema"
    r"|enunciado) (?:\w+ )?(?:dice|indica|diu)|nos dicen|sabem|lembr\w+",
    "pt, it, ro": r"sabe-se|(?:problema|enunciado|testo) (?:\w+ )?(?:diz|informa|dice|afferma|spune)"
    r"|sappiamo|si sa|ricord\w+|știm|se știe|aminti\w+",
    "sv, da, no, is": r"vi (?:vet|ved)|kom ihåg|husk\w*|(?:uppgiften|opgaven|oppgaven) (?:säger|siger"
    r"|sier)|minns|við vitum|mundu",
    "fi, et": r"tiedämme|tiedetään|muista\w*|teame|mäleta\w*|pea meeles",
    "pl, cs, sk": r"wiemy|wiadomo|pamięta\w+|przypomnijmy|víme|pamatuj\w*|je známo|připomeňme|vieme"
    r"|pamätaj\w*|pripomeňme",
    "sl, hr, sr": r"vemo|znamo|poznato je|zapamti\w*|sjeti\w*|spomnimo|знамо|познато је|запамти\w*",
    "ru, uk, be": r"(?:мы )?знаем|известно|напомн\w+|помни\w*|вспомн\w+|в задаче (?:сказано|говорится)"
    r"|знаємо|відомо|нагада\w+|пам['’ʼ]ята\w+|вядома",
    "bg, mk, hu, el": r"известно е|припомн\w+|познато е|tudjuk|emlékez\w+|ismert\w*|γνωρίζουμε|ξέρουμε"
    r"|θυμ(?:ηθ|άμαι|ίζ)\w*|γνωστό",
    "tr, az, kk, uz": r"biliyoruz|hatırla\w*|unutmay\w*|verilmiş\w*|söylen(?:iyor|miş)\w*|bilirik"
    r"|xatırla\w*|білеміз|bilamiz|eslang",
    "id, ms, vi, sw, tl": r"kita tahu|diketahui|ingat\w*|(?:ta|chúng ta) biết|đề bài|nhớ rằng|tunajua"
    r"|kumbuka|tunafahamu|alam natin|tandaan",
    "ar, fa, ur, he": r"نعلم|نعرف|من المعلوم|تذكر|تخبرنا|می‌?دانیم|به یاد|یادآوری|ہم جانتے|یاد رکھ\w*"
    r"|אנו יודעים|אנחנו יודעים|ידוע|נזכור|זכרו|נזכיר",
    "ka, hy, lt, lv": r"ვიცით|გაიხსენ\w+|գիտենք|հիշ\w+|žinome|prisimink\w*|mēs zinām|atceries",
}
_KNOWN_IN_A_WORD = (
    "(?:我们|我們|大家)(?:都)?知道|已知|众所周知|眾所周知|题目|題目|题中|題中|记住|記住|别忘|別忘|記得"
    "|记得|問題文|問題に(?:は|よ)|ことが(?:分|わ)かって|思い出|覚えて|知られて|与えられ"
    "|알고 있|주어졌|주어져|문제에서|기억하|알려져|हम जानते|याद रख|दिया गया है|दिया है|ज्ञात है"
    "|आपल्याला माहीत|আমরা জানি|মনে রাখ|দেওয়া আছে|দেওয়া আছে"
    "|เรารู้ว่า|โจทย์|ทราบว่า|จำไว้ว่า|อย่าลืม|நமக்குத் தெரியும்|మనకు తెలుసు|ನಮಗೆ ಗೊತ್ತು|നമുക്കറിയാം"
)
KNOWN = Alternatives("|".join(_KNOWN.values()), _KNOWN_IN_A_WORD)
"""What opens a sentence that says what is known: given, defined or remembered."""


_SO_FAR = (
    r"so far|until now|up to now|bis jetzt|bislang|bisher|pour l['’]instant|pour le moment|jusqu['’]ici"
    r"|jusqu['’]à présent|hasta ahora"
    r"|de momento|por ahora|finora|per ora|até agora|por enquanto|fins ara|ata agora|tot nu toe"
    r"|tot dusver|hittills|indtil nu|hidtil|så langt"
    r"|hingað til|tähän asti|tähän mennessä|seni|jak dotąd|na razie|do tej pory|zatím|zatiaľ|doposud"
    r"|doteraz|zasad|za sada|zaenkrat|dosad|засад"
    r"|пока что|на данный момент|до сих пор|поки що|наразі|досега|засега|досега|eddig|până acum"
    r"|μέχρι τώρα|ως τώρα|μέχρι στιγμής"
    r"|şimdiye kadar|şu ana kadar|indiyə qədər|әзірге|hozircha|sejauh ini|setakat ini|sampai sekarang"
    r"|cho đến (?:giờ|nay)|tới giờ|hadi sasa"
    r"|mpaka sasa|sa ngayon|hanggang ngayon|حتى الآن|إلى الآن|تا (?:اینجا|حالا|کنون)|اب تک|עד כה"
    r"|עד עכשיו|בינתיים|kol kas|līdz šim"
)
_SO_FAR_IN_A_WORD = (
    "目前为止|目前為止|迄今|至今|これまでのところ|ここまで|今のところ|지금까지|현재까지|अब तक"
    "|आतापर्यंत|এখন পর্যন্ত|এ পর্যন্ত|จนถึงตอนนี้|จนถึงขณะนี้|ถึงตอนนี้"
    "|இதுவரை|ఇప్పటివరకు|ಇಲ್ಲಿಯವರೆಗೆ|ഇതുവരെ|અત્યાર સુધી|ਹੁਣ ਤੱਕ"
)
_EXAMPLES = (
    r"for example|for instance|zum beispiel|beispielsweise|par exemple|por ejemplo|por exemplo"
    r"|per exemple|ad esempio|per esempio|bijvoorbeeld"
    r"|byvoorbeeld|till exempel|for eksempel|til dæmis|esimerkiksi|näiteks|na przykład|například"
    r"|napríklad|na primjer|na primer|на пример"
    r"|например|наприклад|на пример|például|de exemplu|για παράδειγμα|örneğin|mesela|məsələn|мысалы"
    r"|masalan|misalnya|contohnya|sebagai contoh"
    r"|ví dụ|chẳng hạn|kwa mfano|halimbawa|على سبيل المثال|مثلا|برای مثال|به عنوان مثال|مثال کے طور"
    r"|לדוגמה|למשל|pavyzdžiui|piemēram"
)
_EXAMPLES_IN_A_WORD = (
    "例如|比如|譬如|例えば|たとえば|예를 들어|예를 들면|उदाहरण के लिए|उदाहरणार्थ"
    "|উদাহরণস্বরূপ|যেমন|ตัวอย่างเช่น|உதாரணமாக|ఉదాహరణకు|ಉದಾಹರಣೆಗೆ|ഉദാഹരണത്തിന്"
)
SO_FAR = Alternatives(f"{_SO_FAR}|{_EXAMPLES}", f"{_SO_FAR_IN_A_WORD}|{_EXAMPLES_IN_A_WORD}")
"""What makes a value an intermediate one, or an example."""
