/**
 * Meta's limits, in UTF-16 units (`string.length`): the unit is not documented, and counting this way never lets through
 * too much. Sources: WhatsApp "Text messages" and the pages of each other type, "Template components", "Sending a Flow",
 * "Call buttons" (2025-2026).
 */
export const LIMITS = {
  textBody: 4096,
  /** Below an image, a video or a document. */
  caption: 1024,
  callbackData: 512,

  /** Degrees to either side. */
  latitude: 90,
  longitude: 180,
  contacts: 257,

  /** Of whatever asks for a tap, but for a list. */
  interactiveBody: 1024,
  header: 60,
  footer: 60,

  buttonBody: 1024,
  buttons: 3,
  buttonId: 256,
  buttonTitle: 20,

  listBody: 4096,
  listButton: 20,
  sections: 10,
  sectionTitle: 24,
  rows: 10,
  rowId: 200,
  rowTitle: 24,
  rowDescription: 72,

  linkLabel: 20,
  /** The present guide advises 30, the older reference has 20. */
  formLabel: 20,
  callLabel: 20,
  callPayload: 512,
  /** Thirty days. */
  callMinutes: 43_200,

  products: 30,
  productSections: 10,
  productSectionTitle: 24,
  cardsLeast: 2,
  cards: 10,
  cardBody: 160,
  cardLineBreaks: 2,

  templateName: 512,
  /** Templates' own words and their values have the same limits: no value is longer than what it is put into. */
  templateHeader: 60,
  templateBody: 1024,
  /** Places of buttons are counted from 0. */
  templateButtons: 10,
  templateUrls: 2,
  templateUrl: 2000,
  templateCopyCodes: 1,
  templateCopyCode: 15,
  /** Meta gives none; providers write 128 or 256. */
  templatePayload: 128,
  /** In a row, within a value. */
  templateSpaces: 4,
} as const;
