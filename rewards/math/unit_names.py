# ruff: noqa: RUF001  (unit names in other scripts)
"""Names of the everyday units in more languages, by their abbreviation, inflected as they stand behind numbers."""

from __future__ import annotations

MORE_NAMES = {
    "mm": "milímetro milímetros milimetri millimetri milimetre milimetr milimetry milimetrów миллиметр "
    "миллиметра миллиметров "
    "міліметрів ملم مليمتر میلی‌متر میلیمتر มิลลิเมตร χιλιοστά",
    "cm": "сантиметрам centimetri centimetro centimetros centímetros centimètres zentimetern centimeter "
    "centimeters santimetre santim "
    "centymetr centymetry centymetrów centimetr centimetrů senttimetriä сантиметр сантиметра сантиметров сантиметрів "
    "сантиметри سم سنتيمتر سانتی‌متر سانتیمتر سینٹی सेंटीमीटर সেন্টিমিটার সেমি เซนติเมตร ซม sentimeter xentimét "
    "εκατοστά "
    "centimetru centiméter cantimét",
    "m": "метрам метрами metri metern metrów metry metrů metriä méter metru metra متر متراً أمتار میٹر মিটার "
    "మీటర్లు மீட்டர் "
    "મીટર ಮೀಟರ್ മീറ്റർ μέτρα метри метрів מטר מטרים メーター mita მეტრი մետր",
    "km": "километрам chilometro chilometri kilómetros quilômetros quilómetros kilometern kilometr kilometry "
    "kilometrů kilometrów kilometri "
    "kilometriä kilométer kilometru kilometra kilometre kilómetru kilometrar километра километри километара кілометр "
    "кілометри кілометрів χιλιόμετρα کیلومتر کیلو‌متر کلومیٹر কিলোমিটার কিমি కిలోమీటర్లు கிலோமீட்டர் કિલોમીટર "
    "ಕಿಲೋಮೀಟರ್ കിലോമീറ്റർ "
    "กม קילומטר קילומטרים kilomita ki-lô-mét kilômét كيلومترات كيلومترا",
    "g": "gam grami grammi gramm gramas gramos gramów gramy gramů grammaa грамма грами грамів γραμμάρια گرم "
    "گرام গ্রাম கிராம் "
    "గ్రాములు กรัม גרם جرام جراما",
    "kg": "килограммам chilogrammi chilogrammo chilo chili kilogramos quilogramas kilogramów kilogramy kilogramů "
    "kilogrammaa kiloa kilogramm kilos "
    "kilogrammi килограмма кілограмів кілограм кілограми κιλά کیلوگرم کلوگرام কেজি কিলোগ্রাম கிலோகிராம் "
    "కిలోగ్రాములు กก "
    "קילוגרם كجم كيلوجرام kilogramu ki-lô-gam",
    "l": "litri litros litern litrów litry litrů litraa litru litra литра літрів літри لیتر لیٹر লিটার லிட்டர் "
    "λίτρα ליטר lít",
    "s": "segundos secondi secondes sekunden sekundy sekund sekunder sekuntia másodperc secunde saniye detik "
    "sekunda секунды "
    "секунда секунди δευτερόλεπτα ثوان ثواني ثانیه سیکنڈ সেকেন্ড วิ שניות seconden sekundi",
    "min": "минутам minutos minuti minutes minuta minuty minut minuten minuter minutter minuuttia perc minute "
    "dakika menit minutu минуты "
    "минута минути хвилин хвилини λεπτά دقائق دقیقه منٹ মিনিট நிமிடங்கள் நிமிடம் నిమిషాలు મિનિટ דקות minuut",
    "h": "часам horas ore ora heures stunden uur uren godzin godziny godzina hodin hodiny hodina timmar timme "
    "timer tuntia óra "
    "saat jam ч часове часа години годин ώρες ώρα ساعات ساعتين گھنٹے گھنٹہ ঘণ্টা ঘন্টা மணிநேரம் గంటలు કલાક שעות שעה "
    "घंटा घण्टे ชม tiếng ora oras hores ordu sati сати",
    "day": "días dias giorni giorno jours tagen dagen dag dni dzień dny dní den dagar dager dage päivää päivä "
    "nap zile gün hari "
    "siku суток дня днів дни μέρες ημέρες أيام يومًا روز دنوں দিন நாட்கள் రోజులు દિવસ ימים araw dies egun dana дана",
    "week": "semanas settimane settimana semaines wochen weken tygodni tygodnie týdnů týdny veckor uker uger "
    "viikkoa hét săptămâni "
    "hafta minggu wiki недели неделя тижнів тижні седмици εβδομάδες أسابيع أسبوع هفته ہفتے सप्ताह সপ্তাহ "
    "สัปดาห์ שבועות tuần "
    "星期 주일",
    "month": "meses mesi monaten maanden miesięcy miesiące měsíců månader måneder kuukautta hónap luni ay bulan "
    "miezi месяца "
    "місяців месеца μήνες أشهر شهر ماه مہینے महीने মাস เดือน חודשים tháng",
    "year": "años anos anni jahren jaar lat let år vuotta év ani yıl tahun miaka года років έτη χρόνια سنوات سنة "
    "سال साल वर्ष বছর ปี שנים năm",
    "degree": "gradi graus derece stopni stupňů grader astetta fok grade derajat градуса градусів μοίρες درجة "
    "درجات درجه डिग्री ডিগ্রি "
    "องศา מעלות độ",
    "mi": "millas miglia meilen milhas mijl миль mailia maili मील میل",
}
