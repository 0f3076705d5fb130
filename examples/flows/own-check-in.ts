import { checkIn, type PmsPort } from "belldesk/flows";

/** The check-in of belldesk with one question and one text of our own. */
export const ownCheckIn = (pms: PmsPort) =>
  checkIn({
    pms,
    texts: { en: { done: "Welcome! Room {room} is yours." } },
    steps: {
      arrival: (flow) =>
        flow.choose("arrival", { text: "When do you land?", options: { "15:00": "Afternoon", "20:00": "Evening" } }),
    },
  });
