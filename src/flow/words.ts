import { keyOf } from "../decide/choices.js";

/** What a guest may write at any question instead of an answer. */
export type FlowWord = "back" | "restart" | "stop" | "human" | "skip";

/**
 * The whole message, in any of these languages, whatever the flow's own is: guests write in theirs. An option of the question that is
 * called so counts before them.
 */
const WORDS: Readonly<Record<FlowWord, readonly string[]>> = {
  back: [
    ...["back", "go back", "previous"],
    ...["indietro", "torna indietro"],
    ...["atrás", "volver", "regresar"],
    ...["voltar", "anterior"],
    ...["zurück"],
    ...["retour", "précédent"],
  ],
  restart: [
    ...["restart", "start over", "start again", "begin again"],
    ...["ricomincia", "ricominciare", "da capo"],
    ...["empezar de nuevo", "reiniciar", "volver a empezar"],
    ...["recomeçar", "começar de novo"],
    ...["neu starten", "neustart", "von vorne", "von vorn"],
    ...["recommencer", "redémarrer"],
  ],
  stop: [
    ...["stop", "cancel", "quit", "exit"],
    ...["annulla", "esci", "ferma"],
    ...["cancelar", "salir", "parar"],
    ...["sair", "pare"],
    ...["abbrechen", "stopp", "beenden"],
    ...["arrêter", "annuler", "quitter", "arrêt"],
  ],
  human: [
    ...["human", "person", "agent", "operator", "a human please", "talk to a person", "reception please"],
    ...["persona", "operatore", "parlare con una persona"],
    ...["humano", "agente", "hablar con una persona", "operador"],
    ...["pessoa", "atendente", "falar com uma pessoa"],
    ...["mensch", "mitarbeiter", "mit einem menschen sprechen"],
    ...["humain", "une personne", "parler à une personne", "opérateur"],
  ],
  skip: [
    ...["skip", "pass"],
    ...["salta", "saltare"],
    ...["saltar", "omitir"],
    ...["pular"],
    ...["überspringen", "weiter"],
    ...["passer", "ignorer"],
  ],
};

const BY_KEY: ReadonlyMap<string, FlowWord> = new Map(
  (Object.entries(WORDS) as [FlowWord, readonly string[]][]).flatMap(([word, all]) =>
    all.map((each) => [keyOf(each), word] as const),
  ),
);

/** The word that a message is, or null: never one that stands within a sentence. */
export const flowWord = (typed: string): FlowWord | null => BY_KEY.get(keyOf(typed)) ?? null;
