import type { Texts } from "../words.js";

const en = {
  askNumber: "What is your booking number? If you do not have it at hand, write *skip*.",
  askName: "What is the family name on the booking?",
  askDate: "On which day do you arrive?",
  notFound: "I cannot find a booking with these details. Let us try once more.",
  several: "I found more than one booking. The booking number will tell which one is yours.",
  helpFinding: "I still cannot find your booking. Someone from our team will help you here in the chat.",
} as const;

/** The keys of what is said while a booking is looked for. */
export type BookingText = keyof typeof en;
export type BookingEnglish = typeof en;

const it: Readonly<Record<BookingText, string>> = {
  askNumber: "Qual è il Suo numero di prenotazione? Se non lo ha a portata di mano, scriva *salta*.",
  askName: "A quale cognome è intestata la prenotazione?",
  askDate: "In che giorno arriva?",
  notFound: "Non trovo una prenotazione con questi dati. Proviamo ancora una volta.",
  several: "Ho trovato più di una prenotazione. Il numero di prenotazione ci dirà qual è la Sua.",
  helpFinding: "Non riesco a trovare la Sua prenotazione. Una persona del nostro staff La aiuterà qui in chat.",
};

const es: Readonly<Record<BookingText, string>> = {
  askNumber: "¿Cuál es su número de reserva? Si no lo tiene a mano, escriba *omitir*.",
  askName: "¿A qué apellido está hecha la reserva?",
  askDate: "¿Qué día llega?",
  notFound: "No encuentro ninguna reserva con esos datos. Intentémoslo otra vez.",
  several: "He encontrado más de una reserva. El número de reserva nos dirá cuál es la suya.",
  helpFinding: "Sigo sin encontrar su reserva. Una persona de nuestro equipo le ayudará aquí en el chat.",
};

const pt: Readonly<Record<BookingText, string>> = {
  askNumber: "Qual é o número da sua reserva? Se não tiver o número à mão, escreva *pular*.",
  askName: "Qual é o sobrenome na reserva?",
  askDate: "Em que dia você chega?",
  notFound: "Não encontro nenhuma reserva com esses dados. Vamos tentar mais uma vez.",
  several: "Encontrei mais de uma reserva. O número da reserva vai dizer qual é a sua.",
  helpFinding: "Ainda não encontrei a sua reserva. Alguém da nossa equipe vai ajudar você aqui no chat.",
};

const de: Readonly<Record<BookingText, string>> = {
  askNumber: "Wie lautet Ihre Buchungsnummer? Wenn Sie sie nicht zur Hand haben, schreiben Sie *überspringen*.",
  askName: "Auf welchen Nachnamen läuft die Buchung?",
  askDate: "An welchem Tag reisen Sie an?",
  notFound: "Damit finde ich keine Buchung. Versuchen wir es noch einmal.",
  several: "Ich finde mehr als eine Buchung. Die Buchungsnummer sagt uns, welche Ihre ist.",
  helpFinding: "Ich finde Ihre Buchung leider nicht. Jemand aus unserem Team hilft Ihnen hier im Chat weiter.",
};

const fr: Readonly<Record<BookingText, string>> = {
  askNumber: "Quel est votre numéro de réservation ? Si vous ne l'avez pas sous la main, écrivez *passer*.",
  askName: "À quel nom de famille la réservation est-elle enregistrée ?",
  askDate: "Quel jour arrivez-vous ?",
  notFound: "Je ne trouve pas de réservation avec ces informations. Essayons encore une fois.",
  several: "J'ai trouvé plusieurs réservations. Le numéro de réservation nous dira laquelle est la vôtre.",
  helpFinding:
    "Je ne trouve toujours pas votre réservation. Une personne de notre équipe vous aidera ici dans le chat.",
};

/** How a booking is asked for, in every flow that needs one. */
export const BOOKING_TEXTS: Texts<BookingText> & { readonly languages: { readonly en: BookingEnglish } } = {
  kinds: {},
  languages: { en, it, es, pt, de, fr },
};
