/**
 * Meta's limits, in UTF-16 units (`string.length`): the unit is not documented, and counting this way never lets through
 * too much. Sources: WhatsApp "Text messages", "Interactive reply buttons messages", "Interactive list messages" (2025-2026).
 */
export const LIMITS = {
  textBody: 4096,
  buttonBody: 1024,
  listBody: 4096,
  header: 60,
  footer: 60,
  buttons: 3,
  buttonId: 256,
  buttonTitle: 20,
  listButton: 20,
  sections: 10,
  sectionTitle: 24,
  rows: 10,
  rowId: 200,
  rowTitle: 24,
  rowDescription: 72,
  callbackData: 512,
} as const;
