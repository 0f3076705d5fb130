/** The words of one language that are a wish when they are all that a message says. */
interface Words {
  readonly stop: readonly string[];
  readonly start: readonly string[];
}

/**
 * What guests write to get no more offers, and to get them again, folded when it is read.
 *
 * A word is here when whoever writes nothing else can hardly mean anything else in a chat with a hotel. A stop that is
 * taken for one wrongly costs the guest an offer, and they are told; so a few are here that might be another answer ("alto", "baja",
 * "arrêt"), because they are what operators' text messages have taught people to write. A start that is taken for one wrongly sends
 * offers to somebody who wants none; it counts only after a stop, and its lists are stricter.
 *
 * Left out, though networks and providers take them for an opt-out:
 * - "cancel", "annulla", "anular", "cancelar", "iptal", "إلغاء", "取消", "취소", "отмена": a booking, or the breakfast.
 * - "no", "non", "nein", "nie", "нет", "不要", "いいえ": an answer to anything.
 * - "end", "quit", "exit", "sair", "fin", "fine", "ende", "konec", "koniec": the end of a stay, or the way out of a menu or a building.
 * - "basta", "enough", "genug", "dość", "хватит", "די", "बस", "그만": what one says to a waiter.
 * - "remove", "remover", "delete", "cancellami", "διαγραφή", "解除": an item of an order, a reservation, a lock.
 * - "abbestellen", "disdici", "rezygnuję", "storno", "διακοπή", "बंद करो", "oprește": what was ordered, the water, or the air conditioning.
 * - "t", "td", "ret" and other letters that text messages know, and "dur" (a Turkish stop, a French egg): too short to say anything.
 * - "yes", "ok", "start check-in", "resume" (a "résumé"), "anmelden", "aanmelden", "alta", "εγγραφή", "onay", "подтверждаю": no start.
 */
export const CONSENT_WORDS = {
  en: {
    stop: [
      "stop",
      "stop all",
      "stopall",
      "unsubscribe",
      "unsubscribe me",
      "opt out",
      "optout",
      "opt me out",
      "stop promotions",
      "stop promotion",
      "stop promos",
      "stop marketing",
      "stop offers",
      "stop ads",
      "stop advertising",
      "no more ads",
      "no more offers",
      "cancel subscription",
    ],
    start: [
      "start",
      "unstop",
      "subscribe",
      "resubscribe",
      "opt in",
      "optin",
      "start promotions",
      "resume promotions",
      "resume offers",
    ],
  },
  es: {
    stop: [
      "alto",
      "baja",
      "parar promociones",
      "detener promociones",
      "no más publicidad",
      "no más promociones",
      "no quiero publicidad",
      "darme de baja",
      "cancelar suscripción",
      "desuscribir",
      "desuscribirme",
    ],
    start: ["comenzar", "iniciar", "suscribirme", "reanudar promociones", "quiero promociones"],
  },
  pt: {
    stop: [
      "parar",
      "pare",
      "parar promoções",
      "descadastrar",
      "descadastre-me",
      "não quero promoções",
      "não quero publicidade",
      "cancelar inscrição",
      "cancelar subscrição",
    ],
    start: ["começar", "iniciar", "inscrever-me", "subscrever", "quero promoções", "retomar promoções"],
  },
  it: {
    stop: [
      "stop promozioni",
      "stop pubblicità",
      "niente pubblicità",
      "niente promozioni",
      "disiscrivimi",
      "disiscrizione",
      "annulla iscrizione",
      "cancellami dalla lista",
    ],
    start: ["iscrivimi", "riprendi promozioni", "voglio promozioni", "inizia"],
  },
  fr: {
    stop: [
      "arrêt",
      "arrêter",
      "arrêtez",
      "désabonner",
      "désabonnement",
      "me désabonner",
      "désinscription",
      "me désinscrire",
      "stop pub",
      "stop promo",
      "stop promotions",
      "plus de pub",
      "pas de pub",
    ],
    start: ["réabonner", "réabonnement", "me réabonner", "m'abonner", "reprendre les promotions", "commencer"],
  },
  de: {
    stop: [
      "stopp",
      "abmelden",
      "austragen",
      "keine werbung",
      "keine werbung mehr",
      "werbung stoppen",
      "werbung abbestellen",
      "newsletter abbestellen",
    ],
    start: ["starten", "abonnieren", "wieder anmelden", "werbung erlauben", "angebote erhalten"],
  },
  nl: {
    stop: ["afmelden", "uitschrijven", "stop reclame", "geen reclame", "geen reclame meer", "geen aanbiedingen"],
    start: ["hervatten", "abonneren", "opnieuw aanmelden", "wel aanbiedingen"],
  },
  pl: {
    stop: ["wypisz mnie", "zatrzymaj", "stop reklamom", "bez reklam", "nie chcę reklam", "anuluj subskrypcję"],
    start: ["wznów", "subskrybuj", "zapisz mnie ponownie", "chcę oferty"],
  },
  cs: {
    stop: ["zastavit", "odhlásit", "odhlásit odběr", "stop reklamě", "nechci reklamu", "bez reklam", "nechci nabídky"],
    start: ["přihlásit odběr", "odebírat", "obnovit odběr", "chci nabídky"],
  },
  ro: {
    stop: ["dezabonare", "dezabonează-mă", "stop reclame", "fără reclame", "nu vreau reclame", "nu vreau oferte"],
    start: ["abonare", "reabonare", "abonează-mă", "vreau oferte"],
  },
  el: {
    stop: ["στοπ", "σταμάτα", "σταματήστε", "απεγγραφή", "όχι διαφημίσεις", "τέλος διαφημίσεις"],
    start: ["έναρξη", "επανεγγραφή", "θέλω προσφορές"],
  },
  tr: {
    stop: ["durdur", "aboneliği iptal et", "abonelikten çık", "reklam istemiyorum", "kampanya istemiyorum"],
    start: ["başla", "başlat", "abone ol", "kampanya istiyorum"],
  },
  ru: {
    stop: [
      "стоп",
      "отписаться",
      "отписка",
      "отпишите",
      "отпишите меня",
      "стоп реклама",
      "без рекламы",
      "не хочу рекламу",
    ],
    start: ["старт", "подписаться", "подпишите меня", "возобновить рассылку", "хочу рассылку"],
  },
  uk: {
    stop: [
      "відписатися",
      "відписатись",
      "відписка",
      "відпишіть",
      "відпишіть мене",
      "стоп реклама",
      "без реклами",
      "не хочу реклами",
    ],
    start: ["підписатися", "підписатись", "підпишіть мене", "відновити розсилку", "хочу розсилку"],
  },
  ar: {
    stop: [
      "توقف",
      "قف",
      "ستوب",
      "أوقف",
      "إيقاف",
      "أوقف الرسائل",
      "إيقاف الإعلانات",
      "إلغاء الاشتراك",
      "لا أريد إعلانات",
    ],
    start: ["ابدأ", "اشترك", "اشتراك", "استئناف الاشتراك", "أريد العروض"],
  },
  he: {
    stop: ["עצור", "עצרו", "סטופ", "הסר", "הסרה", "להסיר", "הסירו אותי", "בלי פרסומות"],
    start: ["התחל", "סטארט", "הצטרפות מחדש", "הוסיפו אותי"],
  },
  hi: {
    stop: ["रोकें", "रोको", "स्टॉप", "अनसब्सक्राइब", "सदस्यता समाप्त करें", "विज्ञापन बंद करें", "विज्ञापन बंद करो", "ऑफ़र बंद करें"],
    start: ["शुरू", "शुरू करें", "स्टार्ट", "सदस्यता लें", "ऑफ़र शुरू करें"],
  },
  ja: {
    stop: ["停止", "ストップ", "配信停止", "配信を停止", "配信解除", "登録解除", "購読解除", "広告停止", "広告不要"],
    start: ["再開", "スタート", "配信再開", "配信を再開", "配信希望", "再登録"],
  },
  zh: {
    stop: [
      "退订",
      "退訂",
      "停止",
      "停止推送",
      "停止接收",
      "停止訂閱",
      "停止订阅",
      "取消订阅",
      "取消訂閱",
      "拒收",
      "不要广告",
      "不要廣告",
    ],
    start: ["订阅", "訂閱", "重新订阅", "重新訂閱", "恢复订阅", "恢復訂閱", "恢复接收", "恢復接收", "开始", "開始"],
  },
  ko: {
    stop: [
      "중지",
      "정지",
      "스톱",
      "스탑",
      "수신거부",
      "수신 거부",
      "수신중단",
      "구독취소",
      "구독 취소",
      "구독해지",
      "구독 해지",
      "광고거부",
      "광고 거부",
    ],
    start: ["시작", "재개", "구독", "재구독", "수신동의", "수신 동의"],
  },
} as const satisfies Readonly<Record<string, Words>>;

/** Longer than any of them with what may stand around it, in UTF-16 units: a letter is not folded to be compared with a word. */
const LONGEST = 128;

/**
 * Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic, the dot below that Hindi is often written without, and what
 * makes a character an emoji. The vowel signs of Hindi stay: without them "wait" is "stop".
 */
const ACCENTS =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u20d0-\u20ff]|[\ufe00-\ufe0f\u093c]/gu;
/** What stands between words, and the stroke that draws an Arabic word out. */
const BETWEEN = /[^\p{L}\p{N}\p{M}]+/gu;
const TATWEEL = /\u0640/g;

const fold = (text: string): string =>
  text
    .toWellFormed()
    .normalize("NFKD")
    .replace(ACCENTS, "")
    .replace(TATWEEL, "")
    .toLowerCase()
    .replaceAll("ı", "i")
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ")
    .replace(BETWEEN, " ")
    .trim();

const WISHES: ReadonlyMap<string, "stop" | "start"> = new Map(
  Object.values<Words>(CONSENT_WORDS).flatMap(({ stop, start }) => [
    ...stop.map((word) => [fold(word), "stop"] as const),
    ...start.map((word) => [fold(word), "start"] as const),
  ]),
);

/**
 * Whether a text says STOP or START and nothing else, in one of twenty languages. Case, accents, width, and punctuation, emoji and
 * blanks around it do not matter; any other word beside it does, for "stop at the station, please" is no wish about offers.
 */
export const consentWord = (text: string): "stop" | "start" | null =>
  text.length > LONGEST ? null : (WISHES.get(fold(text)) ?? null);
