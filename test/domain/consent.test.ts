import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOptOut, mayMarket, standingConsent, type ConsentEntry } from "../../src/domain/consent.js";
import { CONSENT_WORDS, consentWord } from "../../src/domain/consent-words.js";
import { isolate } from "../../src/domain/bidi.js";

/** What guests write in each language: a wish to stop, one to go on, and what only looks like either. */
const CORPUS: Readonly<
  Record<
    keyof typeof CONSENT_WORDS,
    { readonly stop: readonly string[]; readonly start: readonly string[]; readonly neither: readonly string[] }
  >
> = {
  en: {
    stop: [
      "STOP",
      "Stop.",
      "stop!!!",
      " stop\n",
      "🛑 STOP 🛑",
      "*STOP*",
      "“Stop”",
      "Unsubscribe",
      "opt-out",
      "Stop promotions",
      "STOPALL",
    ],
    start: ["START", "start 🙏", "Unstop", "Opt in", "Resume promotions"],
    neither: [
      "Can you stop at the station?",
      "STOP making noise next door",
      "Is there a bus stop nearby?",
      "bus stop",
      "non-stop",
      "nonstop",
      "Is it a non-stop flight?",
      "My name is Stop",
      "Mr. Stop",
      "Peter Stop",
      "stop, Zé is not coming",
      "The shower won't stop",
      "Please don't stop",
      "stopped",
      "stopover",
      "start the shower?",
      "When does breakfast start?",
      "Let's start",
      "Cancel",
      "No",
      "End",
      "Quit",
      "Enough",
      "How do I unsubscribe from the newsletter?",
      "s t o p",
      "st op",
    ],
  },
  es: {
    stop: ["ALTO", "¡Alto!", "baja", "BAJA", "no mas publicidad", "Cancelar suscripción"],
    start: ["Comenzar", "INICIAR", "Quiero promociones"],
    neither: [
      "¿Hay un piso alto?",
      "Piso alto",
      "planta baja",
      "Más alto, por favor",
      "Basta",
      "Cancelar",
      "No",
      "Anular",
      "Alta",
      "planta alta",
      "¿Dónde está la parada?",
    ],
  },
  pt: {
    stop: ["PARAR", "Pare!", "parar promocoes", "Descadastre-me", "NÃO QUERO PROMOÇÕES"],
    start: ["Começar", "COMECAR", "iniciar"],
    neither: [
      "Podem parar o barulho?",
      "Sem parar",
      "Onde posso parar o carro?",
      "Sair",
      "Cancelar",
      "Não",
      "Basta",
      "Quando começa o café?",
      "Quero começar o check-in",
    ],
  },
  it: {
    stop: ["Stop", "stop pubblicita'", "Disiscrivimi", "STOP PROMOZIONI", "niente pubblicità"],
    start: ["Iscrivimi", "Inizia", "start"],
    neither: [
      "Basta",
      "Basta così, grazie",
      "Alto mare",
      "Fermata",
      "Annulla",
      "Cancellami",
      "Può fare uno stop in stazione?",
      "Non-stop",
      "Iscrivimi alla gita",
      "Quando inizia la colazione?",
    ],
  },
  fr: {
    stop: ["ARRÊT", "arret", "Arrêtez !", "désabonner ?", "Stop pub", "STOP PUB"],
    start: ["Réabonner", "m’abonner", "REABONNEMENT"],
    neither: [
      "Où est l'arrêt de bus ?",
      "arrêt de bus",
      "sans arrêt",
      "Arrêtez le bruit à côté",
      "Ça suffit",
      "Annuler",
      "Fin",
      "Résumé",
      "dur",
      "Non",
      "À quelle heure commencez-vous ?",
    ],
  },
  de: {
    stop: ["Stopp", "STOP", "Abmelden", "Keine Werbung!", "keine werbung mehr"],
    start: ["Starten", "Abonnieren", "Angebote erhalten"],
    neither: [
      "Stopp am Bahnhof bitte",
      "Abbestellen",
      "Frühstück abbestellen",
      "Wo kann ich mich abmelden?",
      "Nein",
      "Genug",
      "Ende",
      "Anmelden",
      "Stornieren",
      "Wann starten wir?",
      "Zwischenstopp",
    ],
  },
  nl: {
    stop: ["Stop", "AFMELDEN", "Geen reclame meer.", "uitschrijven"],
    start: ["Hervatten", "opnieuw aanmelden"],
    neither: [
      "Kunt u stoppen bij het station?",
      "bushalte",
      "Stop met dat lawaai",
      "Genoeg",
      "Annuleren",
      "Nee",
      "Aanmelden",
      "Kan ik me afmelden voor het diner?",
    ],
  },
  pl: {
    stop: ["Wypisz mnie", "ZATRZYMAJ", "nie chce reklam", "Bez reklam"],
    start: ["Wznów", "wznow", "Subskrybuj"],
    neither: [
      "Proszę zatrzymać się na dworcu",
      "Dość",
      "Koniec",
      "Anuluj",
      "Rezygnuję",
      "Nie",
      "Wypisz fakturę",
      "Czy to przystanek?",
      "Zapisz mnie na wycieczkę",
    ],
  },
  cs: {
    stop: ["Odhlásit", "ODHLASIT ODBER", "Nechci reklamu", "Zastavit"],
    start: ["Odebírat", "prihlasit odber"],
    neither: [
      "Můžete zastavit na nádraží?",
      "Konec",
      "Storno",
      "Dost",
      "Ne",
      "Přihlásit",
      "Jak se mám odhlásit z pokoje?",
      "Zastávka",
    ],
  },
  ro: {
    stop: ["Dezabonare", "dezaboneaza-ma", "FĂRĂ RECLAME", "Nu vreau oferte"],
    start: ["Abonare", "abonează-mă"],
    neither: [
      "Puteți opri la gară?",
      "Oprește",
      "Opriți muzica",
      "Ajunge",
      "Anulare",
      "Nu",
      "Gata",
      "Stație de autobuz",
    ],
  },
  el: {
    stop: ["ΣΤΟΠ", "στοπ", "Σταματήστε", "ΣΤΑΜΑΤΗΣΤΕ", "απεγγραφή", "ΑΠΕΓΓΡΑΦΗ"],
    start: ["Έναρξη", "ΕΝΑΡΞΗ"],
    neither: [
      "Σταματάει το λεωφορείο εδώ;",
      "στάση λεωφορείου",
      "Διακοπή",
      "Διαγραφή",
      "Αρκετά",
      "Ακύρωση",
      "Όχι",
      "Εγγραφή",
      "Η έναρξη του πρωινού;",
    ],
  },
  tr: {
    stop: ["DURDUR", "Durdur", "abonelikten çık", "ABONELİKTEN ÇIK", "Reklam istemiyorum"],
    start: ["Başla", "BAŞLAT", "abone ol"],
    neither: [
      "dur",
      "Durak nerede?",
      "Otobüs durağı",
      "İptal",
      "Yeter",
      "Hayır",
      "Müziği durdurun lütfen",
      "Kahvaltı ne zaman başlar?",
      "Onay",
      "ret",
    ],
  },
  ru: {
    stop: ["СТОП", "Стоп!", "отписаться", "Отпишите меня", "Без рекламы"],
    start: ["СТАРТ", "Подписаться"],
    neither: [
      "Остановка",
      "Остановите такси у вокзала",
      "стоп-кран",
      "Хватит",
      "Отмена",
      "Нет",
      "Хватит шуметь",
      "Когда старт экскурсии?",
      "Стоп, мы не приедем",
    ],
  },
  uk: {
    stop: ["СТОП", "Відписатися", "відпишіть мене", "Без реклами"],
    start: ["Підписатися", "старт"],
    neither: [
      "Зупинка",
      "Зупиніть біля вокзалу",
      "Досить",
      "Скасувати",
      "Ні",
      "Стоп, ми не приїдемо",
      "Як відписатися від розсилки?",
    ],
  },
  ar: {
    stop: ["توقف", "إيقاف", "ايقاف", "تَوَقَّف", "تـوقـف", "إلغاء الاشتراك", "قف!"],
    start: ["ابدأ", "ابدا", "اشتراك"],
    neither: [
      "إلغاء",
      "هل يمكن أن تتوقف عند المحطة؟",
      "موقف الحافلات",
      "لا",
      "كفى",
      "توقف الماء",
      "إلغاء الحجز",
      "متى يبدأ الفطور؟",
      "تشغيل",
    ],
  },
  he: {
    stop: ["עצור", "הסר", "הָסֵר", "הסירו אותי", "סטופ."],
    start: ["התחל", "הוסיפו אותי"],
    neither: ["אפשר לעצור בתחנה?", "תחנת אוטובוס", "די", "ביטול", "לא", "מספיק", "הסר את השמיכה", "מתי מתחילים?"],
  },
  hi: {
    stop: ["रोकें", "रोको", "स्टॉप!", "विज्ञापन बंद करें", "ऑफर बंद करें"],
    start: ["शुरू करें", "स्टार्ट"],
    neither: ["रुको", "रुकें", "बंद करो", "एसी बंद करें", "बस", "नहीं", "बस स्टॉप कहाँ है?", "शोर रोकें", "नाश्ता कब शुरू होता है?"],
  },
  ja: {
    stop: ["停止", "ストップ", "ｽﾄｯﾌﾟ", "配信停止", "配信停止。", "ＳＴＯＰ"],
    start: ["再開", "スタート", "配信再開"],
    neither: [
      "バス停",
      "停止してください、エアコンを",
      "バスストップはどこですか",
      "キャンセル",
      "いいえ",
      "解除",
      "もういいです",
      "朝食は何時にスタートしますか",
      "ノンストップ",
    ],
  },
  zh: {
    stop: ["退订", "退訂", "停止", "取消订阅", "不要广告！"],
    start: ["订阅", "恢复订阅", "重新訂閱"],
    neither: [
      "取消",
      "不要",
      "公交站",
      "可以在车站停止吗？",
      "停车场",
      "结束",
      "够了",
      "取消预订",
      "什么时候开始早餐？",
      "T",
      "TD",
    ],
  },
  ko: {
    stop: ["중지", "수신거부", "수신 거부", "구독 취소", "스톱"],
    start: ["시작", "수신 동의"],
    neither: [
      "정류장",
      "역에서 멈춰 주세요",
      "그만",
      "취소",
      "아니요",
      "예약 취소",
      "소음 중지해 주세요",
      "조식은 언제 시작하나요?",
    ],
  },
};

describe("a guest who wants no more offers says so in any of twenty languages (N11, M28)", () => {
  test("there are twenty", () => {
    expect(Object.keys(CONSENT_WORDS)).toHaveLength(20);
    expect(Object.keys(CORPUS)).toEqual(Object.keys(CONSENT_WORDS));
  });

  describe.each(Object.entries(CORPUS))("%s", (_, { stop, start, neither }) => {
    test.each(stop)("%s: no more", (text) => {
      expect(consentWord(text)).toBe("stop");
    });
    test.each(start)("%s: again", (text) => {
      expect(consentWord(text)).toBe("start");
    });
    test.each(neither)("%s: something else", (text) => {
      expect(consentWord(text)).toBeNull();
    });
  });

  const everyWord = Object.values(CONSENT_WORDS).flatMap(({ stop, start }) => [
    ...stop.map((word) => [word, "stop"] as const),
    ...start.map((word) => [word, "start"] as const),
  ]);

  test("every word of the list is understood, and none as its opposite in another language", () => {
    for (const [word, wish] of everyWord) expect(consentWord(word), word).toBe(wish);
  });

  test("STOP and START are understood by everybody: they are what the desk's own answers name", () => {
    for (const word of ["STOP", "Stop", "stop"]) expect(consentWord(word)).toBe("stop");
    for (const word of ["START", "Start", "start"]) expect(consentWord(word)).toBe("start");
  });

  const around = fc.string({
    unit: fc.constantFrom(
      " ",
      "\n",
      "\t",
      "\u00a0",
      ".",
      "!",
      "?",
      "…",
      "*",
      "_",
      "~",
      "“",
      "🛑",
      "👍🏽",
      "❤️",
      "\ufe0f\u20e3",
      "\u200f",
      "\u2068",
      "。",
      "、",
    ),
    maxLength: 8,
  });
  test("whatever stands around the word, in capitals or not, accents composed or not, wide or not", () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyWord), around, around, fc.nat(4), ([word, wish], before, after, how) => {
        const written = [word, word.toUpperCase(), word.normalize("NFD"), word.normalize("NFKC"), isolate(word)][how]!;
        // German capitals write ß as SS, Greek ones lose their accents, Turkish ones gain a dot: all the same word.
        expect(consentWord(`${before}${written}${after}`)).toBe(wish);
      }),
    );
  });

  test("any other word beside it makes it a sentence", () => {
    const others = fc.constantFrom("room", "please", "Zé", "101", "駅", "الفندق", "отель", "नहीं");
    fc.assert(
      fc.property(fc.constantFrom(...everyWord), others, fc.boolean(), ([word], other, first) => {
        expect(consentWord(first ? `${other} ${word}` : `${word} ${other}`)).toBeNull();
      }),
    );
  });

  test("a long letter, half a character and nothing at all are no wish", () => {
    for (const text of ["", " ", "🛑", "stop ".repeat(1_000), `STOP${" ".repeat(4_000)}now`, "\ud83d", "\u0000"])
      expect(consentWord(text)).toBeNull();
    expect(consentWord("stop\ud83d")).toBe("stop");
  });
});

const NOON = new Date("2026-11-10T12:00:00Z").getTime();
const entries = fc
  .array(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      minute: fc.nat(3),
      heard: fc.nat(9),
      wish: fc.constantFrom("stop" as const, "resume" as const),
    }),
    { maxLength: 8 },
  )
  .map((list) =>
    list.map(({ id, minute, heard, wish }, index): ConsentEntry => ({
      id: `${id}${String(index)}`,
      hotelId: "grand",
      guestId: "gst_1",
      scope: "marketing",
      wish,
      source: "keyword",
      evidence: null,
      at: new Date(NOON + minute * 60_000),
      recordedAt: new Date(NOON + heard * 60_000),
    })),
  );

describe("what counts of all that a guest said (M28)", () => {
  test("nothing said is nothing against it", () => {
    expect(mayMarket([])).toBe(true);
    expect(standingConsent([])).toBeNull();
  });

  test("it is one of the things said, and no other is newer, nor as new and a stop when it is none", () => {
    fc.assert(
      fc.property(entries, (said) => {
        const standing = standingConsent(said);
        expect(standing === null).toBe(said.length === 0);
        if (standing === null) return;
        expect(said).toContain(standing);
        const newest = said.filter(({ at }) => at.getTime() >= standing.at.getTime());
        expect(newest.every(({ at }) => at.getTime() === standing.at.getTime())).toBe(true);
        expect(standing.wish).toBe(newest.some(({ wish }) => wish === "stop") ? "stop" : "resume");
        expect(mayMarket(said)).toBe(standing.wish === "resume");
      }),
    );
  });

  test("it does not depend on the order in which it is heard, nor on hearing it twice, nor on what is known of it already", () => {
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), fc.nat(8), (said, chance, cut) => {
        const shuffled = said
          .map((entry) => [chance.next().value ?? 0, entry] as const)
          .sort(([a], [b]) => a - b)
          .map(([, entry]) => entry);
        expect(standingConsent(shuffled)).toEqual(standingConsent(said));
        expect(standingConsent([...said, ...shuffled])).toEqual(standingConsent(said));
        // What a storage answers is what counted of the first part; the rest was said since.
        const known = standingConsent(said.slice(0, cut));
        expect(standingConsent([...(known === null ? [] : [known]), ...said.slice(cut)])).toEqual(
          standingConsent(said),
        );
      }),
    );
  });

  test("a stop stops whatever was said before, and a start after it undoes that", () => {
    fc.assert(
      fc.property(entries, entries, (said, [some]) => {
        if (some === undefined) return;
        const at = (minutes: number) => new Date(NOON + minutes * 60_000);
        const stopped: ConsentEntry[] = [...said, { ...some, id: "stop", wish: "stop", at: at(3) }];
        expect(mayMarket(stopped)).toBe(false);
        expect(mayMarket([...stopped, { ...some, id: "start", wish: "resume", at: at(4) }])).toBe(true);
      }),
    );
  });

  test("what WhatsApp refuses because of the guest's own switch is told from any other failure", () => {
    expect(isOptOut({ code: "graph_131050" })).toBe(true);
    for (const code of ["graph_131049", "graph_131026", "window_closed", "131050"])
      expect(isOptOut({ code })).toBe(false);
  });
});
