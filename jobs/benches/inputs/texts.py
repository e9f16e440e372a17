# ruff: noqa: RUF001 - texts in other scripts
"""Texts in the language that was asked for, and in others: from templates, or from a file of labelled texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

from jobs.benches.inputs.rows import Row, row

_SENTENCES = {
    "en": (
        "On Monday we drove {a} kilometres to the sea because the weather was finally good.",
        "The market opens early, so I bought {b} apples and some fresh bread there.",
        "My sister says that she will come home tomorrow evening with her friends.",
        "If it rains again, we will stay inside and read the old books together.",
        "Nobody knew why the small shop next to the station had to close last year.",
    ),
    "de": (
        "Am Montag sind wir {a} Kilometer ans Meer gefahren, weil das Wetter endlich gut war.",
        "Der Markt öffnet früh, deshalb habe ich dort {b} Äpfel und frisches Brot gekauft.",
        "Meine Schwester sagt, dass sie morgen Abend mit ihren Freunden nach Hause kommt.",
        "Wenn es wieder regnet, bleiben wir drinnen und lesen zusammen die alten Bücher.",
        "Niemand wusste, warum der kleine Laden neben dem Bahnhof letztes Jahr schließen musste.",
    ),
    "fr": (
        "Lundi, nous avons roulé {a} kilomètres jusqu'à la mer parce qu'il faisait enfin beau.",
        "Le marché ouvre tôt, alors j'y ai acheté {b} pommes et du pain frais.",
        "Ma sœur dit qu'elle rentrera demain soir à la maison avec ses amis.",
        "S'il pleut encore, nous resterons à l'intérieur et nous lirons ensemble les vieux livres.",
        "Personne ne savait pourquoi la petite boutique près de la gare avait dû fermer l'année dernière.",
    ),
    "es": (
        "El lunes condujimos {a} kilómetros hasta el mar porque por fin hacía buen tiempo.",
        "El mercado abre temprano, así que compré allí {b} manzanas y un poco de pan fresco.",
        "Mi hermana dice que volverá mañana por la noche a casa con sus amigos.",
        "Si llueve otra vez, nos quedaremos dentro y leeremos juntos los libros viejos.",
        "Nadie sabía por qué la pequeña tienda junto a la estación tuvo que cerrar el año pasado.",
    ),
    "it": (
        "Lunedì abbiamo guidato per {a} chilometri fino al mare perché il tempo era finalmente bello.",
        "Il mercato apre presto, così ho comprato lì {b} mele e un po' di pane fresco.",
        "Mia sorella dice che domani sera tornerà a casa con i suoi amici.",
        "Se piove di nuovo, resteremo dentro e leggeremo insieme i vecchi libri.",
        "Nessuno sapeva perché il piccolo negozio accanto alla stazione avesse dovuto chiudere l'anno scorso.",
    ),
    "nl": (
        "Maandag reden we {a} kilometer naar de zee omdat het weer eindelijk goed was.",
        "De markt gaat vroeg open, dus heb ik daar {b} appels en wat vers brood gekocht.",
        "Mijn zus zegt dat ze morgenavond met haar vrienden naar huis komt.",
        "Als het weer regent, blijven we binnen en lezen we samen de oude boeken.",
        "Niemand wist waarom de kleine winkel naast het station vorig jaar moest sluiten.",
    ),
    "pl": (
        "W poniedziałek przejechaliśmy {a} kilometrów nad morze, bo pogoda była wreszcie dobra.",
        "Targ otwiera się wcześnie, więc kupiłem tam {b} jabłek i trochę świeżego chleba.",
        "Moja siostra mówi, że jutro wieczorem wróci do domu ze swoimi przyjaciółmi.",
        "Jeśli znowu będzie padać, zostaniemy w środku i razem poczytamy stare książki.",
        "Nikt nie wiedział, dlaczego mały sklep obok dworca musiał zostać zamknięty w zeszłym roku.",
    ),
    "ru": (
        "В понедельник мы проехали {a} километров до моря, потому что погода наконец была хорошей.",
        "Рынок открывается рано, поэтому я купил там {b} яблок и немного свежего хлеба.",
        "Моя сестра говорит, что завтра вечером она вернётся домой со своими друзьями.",
        "Если снова пойдёт дождь, мы останемся дома и вместе почитаем старые книги.",
        "Никто не знал, почему маленький магазин рядом с вокзалом пришлось закрыть в прошлом году.",
    ),
    "tr": (
        "Pazartesi günü hava sonunda güzel olduğu için denize kadar {a} kilometre yol gittik.",
        "Pazar erken açılıyor, bu yüzden oradan {b} elma ve biraz taze ekmek aldım.",
        "Kız kardeşim yarın akşam arkadaşlarıyla birlikte eve geleceğini söylüyor.",
        "Yine yağmur yağarsa içeride kalacağız ve eski kitapları birlikte okuyacağız.",
        "İstasyonun yanındaki küçük dükkânın geçen yıl neden kapandığını kimse bilmiyordu.",
    ),
    "zh": (
        "星期一因为天气终于好了，我们开了{a}公里的车去海边。",
        "市场开门很早，所以我在那里买了{b}个苹果和一些新鲜的面包。",
        "我姐姐说她明天晚上会和她的朋友们一起回家。",
        "如果再下雨，我们就待在屋里一起看那些旧书。",
        "没有人知道车站旁边的那家小店去年为什么关门了。",
    ),
    "ja": (
        "月曜日はやっと天気が良くなったので、海まで{a}キロを車で走りました。",
        "市場は早く開くので、そこでりんごを{b}個と新しいパンを買いました。",
        "姉は明日の夜に友達と一緒に家へ帰ると言っています。",
        "また雨が降ったら、私たちは家の中で古い本を一緒に読みます。",
        "駅の隣の小さな店が去年なぜ閉まったのか、誰も知りませんでした。",
    ),
    "ar": (
        "يوم الاثنين قطعنا بالسيارة {a} كيلومترا إلى البحر لأن الطقس كان جيدا أخيرا.",
        "يفتح السوق باكرا، لذلك اشتريت من هناك {b} تفاحة وبعض الخبز الطازج.",
        "تقول أختي إنها ستعود غدا مساء إلى البيت مع أصدقائها.",
        "إذا نزل المطر مرة أخرى فسوف نبقى في الداخل ونقرأ الكتب القديمة معا.",
        "لم يعرف أحد لماذا أغلق المتجر الصغير المجاور للمحطة في العام الماضي.",
    ),
    "hi": (
        "सोमवार को मौसम आखिरकार अच्छा था, इसलिए हम समुद्र तक {a} किलोमीटर गाड़ी चलाकर गए।",
        "बाज़ार जल्दी खुलता है, इसलिए मैंने वहाँ से {b} सेब और थोड़ी ताज़ी रोटी खरीदी।",
        "मेरी बहन कहती है कि वह कल शाम अपने दोस्तों के साथ घर आएगी।",
        "अगर फिर से बारिश हुई तो हम अंदर रहेंगे और साथ में पुरानी किताबें पढ़ेंगे।",
        "किसी को पता नहीं था कि स्टेशन के पास की छोटी दुकान पिछले साल क्यों बंद हो गई।",
    ),
}
LANGUAGES = tuple(_SENTENCES)
_TECHNICAL = "\n\n```python\nfor step in range({a}):\n    total = total + step\n```\n\n$\\frac{{{a}}}{{{b}}} < {a}$"


def template(rng: Random) -> Row:
    """Three or four sentences; asked for in their own language or, where the label is 0, not or only in part."""
    asked, other = rng.sample(LANGUAGES, 2)
    kind = rng.choice(("right", "with code and formulas", "another language", "English instead", "half English"))
    if kind in ("English instead", "half English"):
        asked, other = (asked if asked != "en" else "de"), "en"
    written = other if kind in ("another language", "English instead") else asked
    order = rng.sample(range(5), 4)
    a, b = rng.randint(2, 9999), rng.randint(2, 999)
    languages = [written] * 2 + ["en" if kind == "half English" else written] * 2
    text = " ".join(_SENTENCES[one][index] for one, index in zip(languages, order, strict=True)).format(a=a, b=b)
    if kind == "with code and formulas":
        text += _TECHNICAL.format(a=a, b=b)
    return row(text, int(written == asked and kind != "half English"), kind, language=asked)


def from_file(path: Path) -> Callable[[Random], Row]:
    """Rows from JSON lines with `text` and `lang`, one of `LANGUAGES`: half asked for in theirs, half in another.

    One with a true `mixed` is left out: it is in no one language.

    Raises:
        OSError: when it cannot be read.
    """
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    pure = (line for line in lines if line.get("text") and not line.get("mixed"))
    texts = [(line["text"], line["lang"]) for line in pure if line.get("lang") in LANGUAGES]

    def labelled(rng: Random) -> Row:
        text, language = rng.choice(texts)
        asked = language if rng.random() < 0.5 else rng.choice([one for one in LANGUAGES if one != language])
        return row(text, int(asked == language), "right" if asked == language else "another language", language=asked)

    return labelled
