import type { Hotel, MenuTexts } from "../domain/hotel.js";
import { inLanguage, primaryOf } from "./language.js";

/** By primary language, as a hotel speaks to its guests, which is formally; `pt` is Brazil's. */
export const MENU_TEXTS = {
  en: {
    menu: "Hello! Which department can help you?",
    menuAgain: "Sorry, I did not get that. Please choose a department:",
    menuButton: "Departments",
    menuClosed: "Closed. Opens: {opens}",
  },
  it: {
    menu: "Buongiorno! Quale reparto può aiutarLa?",
    menuAgain: "Mi dispiace, non ho capito. Scelga un reparto:",
    menuButton: "Reparti",
    menuClosed: "Chiuso. Apre: {opens}",
  },
  es: {
    menu: "¡Hola! ¿Qué departamento puede ayudarle?",
    menuAgain: "Lo siento, no lo he entendido. Elija un departamento:",
    menuButton: "Departamentos",
    menuClosed: "Cerrado. Abre: {opens}",
  },
  pt: {
    menu: "Olá! Qual departamento pode ajudar você?",
    menuAgain: "Desculpe, não entendi. Escolha um departamento:",
    menuButton: "Departamentos",
    menuClosed: "Fechado. Abre: {opens}",
  },
  de: {
    menu: "Guten Tag! Welche Abteilung kann Ihnen helfen?",
    menuAgain: "Das habe ich leider nicht verstanden. Bitte wählen Sie eine Abteilung:",
    menuButton: "Abteilungen",
    menuClosed: "Geschlossen. Öffnet: {opens}",
  },
  fr: {
    menu: "Bonjour ! Quel service peut vous aider ?",
    menuAgain: "Excusez-moi, je n'ai pas compris. Choisissez un service :",
    menuButton: "Services",
    menuClosed: "Fermé. Ouvre : {opens}",
  },
} as const satisfies Readonly<Record<string, MenuTexts>>;

/** The desk's own; undefined for a language that it does not speak. */
export const ownMenuTexts = (language: string): MenuTexts | undefined => inLanguage<MenuTexts>(MENU_TEXTS, language);

/** What a menu says to a guest. @param language theirs; null: it is not known, and the hotel's own is spoken */
export function menuTexts({ texts, menu, language: hotels = "en" }: Hotel, language: string | null): MenuTexts {
  const spoken = language ?? hotels;
  const isHotels = primaryOf(spoken) === primaryOf(hotels);
  const { menu: question, menuAgain, menuButton, menuClosed } = texts;
  return {
    ...{ menu: question, menuAgain, menuButton, menuClosed },
    ...(!isHotels && ownMenuTexts(spoken)),
    ...inLanguage(menu?.texts ?? {}, spoken),
  };
}
