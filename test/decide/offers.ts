import type { MessageContent } from "../../src/domain/content.js";

/** What a hotel offers, and where, as its guests read it: each line is one language, and each place in a line one meaning. */
const OFFERS: Readonly<Record<string, string>> = {
  en: "Reception|Housekeeping|Restaurant|Maintenance|Spa|Towels|Breakfast|Laundry|Parking|Luggage|Wake-up call|Pharmacy|Taxi|Minibar|Pillows|Wi-Fi|Safe|Key card|Heating|Bill",
  it: "Ricevimento|Pulizie|Ristorante|Manutenzione|Centro benessere|Asciugamani|Colazione|Lavanderia|Parcheggio|Bagagli|Sveglia|Farmacia|Taxi|Frigobar|Cuscini|Rete Wi-Fi|Cassaforte|Chiave|Riscaldamento|Conto",
  pt: "Recepção|Governança|Restaurante|Manutenção|Spa|Toalhas|Café da manhã|Lavanderia|Estacionamento|Bagagem|Despertador|Farmácia|Táxi|Frigobar|Travesseiros|Wi-Fi|Cofre|Chave|Aquecimento|Conta",
  ar: "الاستقبال|التدبير الفندقي|المطعم|الصيانة|السبا|المناشف|الإفطار|المغسلة|موقف السيارات|الأمتعة|مكالمة الإيقاظ|الصيدلية|سيارة أجرة|الميني بار|الوسائد|الواي فاي|الخزنة|المفتاح|التدفئة|الفاتورة",
  hi: "रिसेप्शन|हाउसकीपिंग|रेस्तराँ|मरम्मत|स्पा|तौलिये|नाश्ता|लॉन्ड्री|पार्किंग|सामान|जगाने की कॉल|दवाखाना|टैक्सी|मिनीबार|तकिये|वाई-फ़ाई|तिजोरी|चाबी|हीटिंग|बिल",
  zh: "前台|客房服务|餐厅|维修|水疗|毛巾|早餐|洗衣|停车场|行李|叫醒服务|药房|出租车|迷你吧|枕头|无线网络|保险箱|房卡|暖气|账单",
  ja: "フロント|ハウスキーピング|レストラン|メンテナンス|スパ|タオル|朝食|ランドリー|駐車場|荷物|モーニングコール|薬局|タクシー|ミニバー|枕|ワイファイ|金庫|カードキー|暖房|会計",
};
const PLACES: Readonly<Record<string, string>> = {
  en: "|Main house|Garden|Pool|Beach|Tower|Old wing|Lake|Villa|Annex",
  it: "|Casa principale|Giardino|Piscina|Spiaggia|Torre|Ala antica|Lago|Villa|Dipendenza",
  pt: "|Casa principal|Jardim|Piscina|Praia|Torre|Ala antiga|Lago|Vila|Anexo",
  ar: "|المبنى الرئيسي|الحديقة|المسبح|الشاطئ|البرج|الجناح القديم|البحيرة|الفيلا|الملحق",
  hi: "|मुख्य भवन|बगीचा|पूल|समुद्र तट|टावर|पुराना खंड|झील|विला|उपभवन",
  zh: "|主楼|花园|泳池|海滩|塔楼|旧翼|湖边|别墅|附楼",
  ja: "|本館|庭園|プール|ビーチ|タワー|旧館|湖畔|ヴィラ|別館",
};
export const LANGUAGES = Object.keys(OFFERS);
const parts = (table: Readonly<Record<string, string>>, language: string) => table[language]!.split("|");
/** All 200, in one language: every offer at every place. */
const titlesIn = (language: string): readonly string[] =>
  parts(PLACES, language).flatMap((place) =>
    parts(OFFERS, language).map((offer) => (place === "" ? offer : `${offer}, ${place}`)),
  );
export const TITLES = Object.fromEntries(LANGUAGES.map((language) => [language, titlesIn(language)]));
export const MEANINGS = Array.from({ length: 200 }, (_, index) => index);

export const tap = (id: string, via: "button" | "list" = "list"): MessageContent => ({
  type: "choice",
  via,
  id,
  text: "x",
});
