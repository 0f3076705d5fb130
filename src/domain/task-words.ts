import type { TaskUpdate } from "./hotel-stays.js";
import type { TaskStatus } from "./task.js";

/** What guests are told of their requests where the hotel says nothing of its own: as a hotel speaks to its guests, which is formally; `pt` is Brazil's. */
export const TASK_UPDATES: Readonly<Record<Exclude<TaskStatus, "asked">, TaskUpdate>> = {
  accepted: {
    texts: {
      en: "We have your request: {what} {note}",
      it: "Abbiamo ricevuto la Sua richiesta: {what} {note}",
      es: "Hemos recibido su petición: {what} {note}",
      pt: "Recebemos seu pedido: {what} {note}",
      de: "Ihre Anfrage ist bei uns eingegangen: {what} {note}",
      fr: "Nous avons bien reçu votre demande : {what} {note}",
    },
  },
  started: {
    texts: {
      en: "Somebody is seeing to it now: {what} {note}",
      it: "Ce ne stiamo occupando ora: {what} {note}",
      es: "Ya nos estamos ocupando: {what} {note}",
      pt: "Já estamos cuidando disso: {what} {note}",
      de: "Wir kümmern uns gerade darum: {what} {note}",
      fr: "Nous nous en occupons en ce moment : {what} {note}",
    },
  },
  done: {
    texts: {
      en: "Done: {what} {note}",
      it: "Fatto: {what} {note}",
      es: "Hecho: {what} {note}",
      pt: "Feito: {what} {note}",
      de: "Erledigt: {what} {note}",
      fr: "C'est fait : {what} {note}",
    },
  },
  refused: {
    texts: {
      en: "We are sorry, this is not possible: {what} {note}",
      it: "Ci dispiace, non è possibile: {what} {note}",
      es: "Lo sentimos, no es posible: {what} {note}",
      pt: "Lamentamos, não é possível: {what} {note}",
      de: "Das ist leider nicht möglich: {what} {note}",
      fr: "Nous sommes désolés, ce n'est pas possible : {what} {note}",
    },
  },
};
