import type { Texts } from "../words.js";

const en = {
  none: "There is nothing that I can offer you right now. Someone from our team will gladly help you here in the chat.",
  askOffer: "This is what we can offer you. Would you like any of it?",
  offerLabel: "See the offers",
  noThanks: "No, thank you",
  noMatter: "All right. Write to us here whenever you need something.",
  asking: "Thank you. I will ask our team whether it is possible, and write to you here.",
  note: "{guest}, booking {number}: {offer} for {price}. Is it possible?",
  booked: "It is booked: {offer}, for {price}. You will find it on your bill.",
  gone: "I am sorry: it is no longer available.",
  over: "I am sorry: this offer has ended, and nothing is booked: {offer}.",
  declined: "I am sorry: this time it is not possible.",
  refused: "I cannot book that from here. Someone from our team will help you here in the chat.",
} as const;

/** The keys of what offers say. */
export type UpsellText = keyof typeof en;
export type UpsellEnglish = typeof en;

const it: Readonly<Record<UpsellText, string>> = {
  none: "Al momento non posso offrirLe nulla. Una persona del nostro staff La aiuterà volentieri qui in chat.",
  askOffer: "Ecco che cosa possiamo offrirLe. Desidera qualcosa?",
  offerLabel: "Vedere le offerte",
  noThanks: "No, grazie",
  noMatter: "Va bene. Ci scriva qui se ha bisogno di qualcosa.",
  asking: "Grazie. Chiedo al nostro staff se è possibile e Le scrivo qui.",
  note: "{guest}, prenotazione {number}: {offer} per {price}. È possibile?",
  booked: "È prenotato: {offer}, per {price}. Lo troverà sul conto.",
  gone: "Mi dispiace: non è più disponibile.",
  over: "Mi dispiace: questa offerta è scaduta e non è stato prenotato nulla: {offer}.",
  declined: "Mi dispiace: questa volta non è possibile.",
  refused: "Non posso prenotarlo da qui. Una persona del nostro staff La aiuterà qui in chat.",
};

const es: Readonly<Record<UpsellText, string>> = {
  none: "Ahora mismo no puedo ofrecerle nada. Una persona de nuestro equipo le ayudará con gusto aquí en el chat.",
  askOffer: "Esto es lo que podemos ofrecerle. ¿Desea algo?",
  offerLabel: "Ver las ofertas",
  noThanks: "No, gracias",
  noMatter: "De acuerdo. Escríbanos aquí si necesita algo.",
  asking: "Gracias. Pregunto a nuestro equipo si es posible y le escribo aquí.",
  note: "{guest}, reserva {number}: {offer} por {price}. ¿Es posible?",
  booked: "Está reservado: {offer}, por {price}. Lo verá en su cuenta.",
  gone: "Lo siento: ya no está disponible.",
  over: "Lo siento: esta oferta ha terminado y no se ha reservado nada: {offer}.",
  declined: "Lo siento: esta vez no es posible.",
  refused: "No puedo reservarlo desde aquí. Una persona de nuestro equipo le ayudará aquí en el chat.",
};

const pt: Readonly<Record<UpsellText, string>> = {
  none: "Neste momento não tenho nada para oferecer. Alguém da nossa equipe vai ajudar você com prazer aqui no chat.",
  askOffer: "Isto é o que podemos oferecer. Você gostaria de algo?",
  offerLabel: "Ver as ofertas",
  noThanks: "Agora não",
  noMatter: "Tudo bem. Escreva aqui se precisar de alguma coisa.",
  asking: "Obrigado. Vou perguntar à nossa equipe se é possível e respondo aqui.",
  note: "{guest}, reserva {number}: {offer} por {price}. É possível?",
  booked: "Está reservado: {offer}, por {price}. Vai aparecer na sua conta.",
  gone: "Sinto muito: não está mais disponível.",
  over: "Sinto muito: esta oferta terminou e nada foi reservado: {offer}.",
  declined: "Sinto muito: desta vez não é possível.",
  refused: "Não consigo reservar por aqui. Alguém da nossa equipe vai ajudar você aqui no chat.",
};

const de: Readonly<Record<UpsellText, string>> = {
  none: "Im Moment kann ich Ihnen nichts anbieten. Jemand aus unserem Team hilft Ihnen gern hier im Chat weiter.",
  askOffer: "Das können wir Ihnen anbieten. Möchten Sie etwas davon?",
  offerLabel: "Angebote ansehen",
  noThanks: "Nein, danke",
  noMatter: "In Ordnung. Schreiben Sie uns hier, wenn Sie etwas brauchen.",
  asking: "Danke. Ich frage unser Team, ob es möglich ist, und schreibe Ihnen hier.",
  note: "{guest}, Buchung {number}: {offer} für {price}. Ist das möglich?",
  booked: "Es ist gebucht: {offer}, für {price}. Sie finden es auf Ihrer Rechnung.",
  gone: "Das ist leider nicht mehr verfügbar.",
  over: "Dieses Angebot ist leider abgelaufen, und es ist nichts gebucht: {offer}.",
  declined: "Diesmal ist es leider nicht möglich.",
  refused: "Von hier aus kann ich das nicht buchen. Jemand aus unserem Team hilft Ihnen hier im Chat weiter.",
};

const fr: Readonly<Record<UpsellText, string>> = {
  none: "Je n'ai rien à vous proposer pour le moment. Une personne de notre équipe vous aidera volontiers ici dans le chat.",
  askOffer: "Voici ce que nous pouvons vous proposer. Souhaitez-vous en profiter ?",
  offerLabel: "Voir les offres",
  noThanks: "Non, merci",
  noMatter: "Très bien. Écrivez-nous ici si vous avez besoin de quelque chose.",
  asking: "Merci. Je demande à notre équipe si c'est possible et je vous écris ici.",
  note: "{guest}, réservation {number} : {offer} pour {price}. Est-ce possible ?",
  booked: "C'est réservé : {offer}, pour {price}. Vous le trouverez sur votre note.",
  gone: "Je regrette : ce n'est plus disponible.",
  over: "Je regrette : cette offre est terminée et rien n'est réservé : {offer}.",
  declined: "Je regrette : cette fois, ce n'est pas possible.",
  refused: "Je ne peux pas le réserver d'ici. Une personne de notre équipe vous aidera ici dans le chat.",
};

/** What offers say, by language and key. */
export const UPSELL_TEXTS: Texts<UpsellText> & { readonly languages: { readonly en: UpsellEnglish } } = {
  kinds: { offerLabel: "label", noThanks: "row" },
  languages: { en, it, es, pt, de, fr },
};
