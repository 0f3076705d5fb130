import type { Flow, FlowTexts } from "./types.js";

/** By primary language, as a hotel speaks to its guests, which is formally; `pt` is Brazil's. */
export const FLOW_TEXTS = {
  en: {
    invalid: "Sorry, I did not understand that.",
    reminder: "Are you still there?",
    stopped: "All right, we stop here.",
    handedOff: "One of us will be with you shortly.",
    over: "That question is over.",
  },
  it: {
    invalid: "Mi dispiace, non ho capito.",
    reminder: "È ancora lì?",
    stopped: "Va bene, ci fermiamo qui.",
    handedOff: "Una persona del nostro staff Le risponderà a breve.",
    over: "Questa domanda non è più attiva.",
  },
  es: {
    invalid: "Lo siento, no he entendido la respuesta.",
    reminder: "¿Sigue ahí?",
    stopped: "De acuerdo, lo dejamos aquí.",
    handedOff: "Una persona de nuestro equipo le atenderá en breve.",
    over: "Esa pregunta ya no está activa.",
  },
  pt: {
    invalid: "Desculpe, não entendi a resposta.",
    reminder: "Você ainda está aí?",
    stopped: "Tudo bem, paramos por aqui.",
    handedOff: "Em breve, alguém da nossa equipe vai responder a você.",
    over: "Essa pergunta não está mais ativa.",
  },
  de: {
    invalid: "Das habe ich leider nicht verstanden.",
    reminder: "Sind Sie noch da?",
    stopped: "In Ordnung, wir hören hier auf.",
    handedOff: "Jemand von uns ist gleich für Sie da.",
    over: "Diese Frage ist nicht mehr offen.",
  },
  fr: {
    invalid: "Excusez-moi, je n'ai pas compris.",
    reminder: "Êtes-vous toujours là ?",
    stopped: "Très bien, nous nous arrêtons ici.",
    handedOff: "Une personne de notre équipe vous répondra sous peu.",
    over: "Cette question n'est plus d'actualité.",
  },
} as const satisfies Readonly<Record<string, FlowTexts>>;

/** In what a run speaks: what it began with; of one that began before that was kept the flow's own, else the hotel's, else English. */
export const languageOf = (
  flow: Pick<Flow, "language">,
  hotel: { readonly language?: string },
  run: { readonly language?: string } | null = null,
): string => run?.language ?? languageFor(flow, hotel);

/**
 * In what a run that begins now will speak: the flow's own language, else the guest's, else the hotel's, else English. The one place at which that
 * is chosen. @param world `language` is the hotel's
 */
export const languageFor = (
  { language }: Pick<Flow, "language">,
  world: { readonly language?: string; readonly guest?: { readonly language?: string } },
): string => language ?? world.guest?.language ?? world.language ?? "en";

/** What the engine says by itself in a language; what the flow says otherwise comes first. English where there is no table. */
export function textsOf({ texts }: Pick<Flow, "texts">, language: string): FlowTexts {
  const [primary = ""] = language.toLowerCase().split("-");
  const table: Readonly<Record<string, FlowTexts>> = FLOW_TEXTS;
  return { ...((Object.hasOwn(table, primary) ? table[primary] : undefined) ?? FLOW_TEXTS.en), ...texts };
}
