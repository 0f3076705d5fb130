import { button, keyword, staff, type Desk } from "belldesk";
import { checkIn, checkOut, deskTasks, guestRequest, upsell, type PmsPort } from "belldesk/flows";

const RULES = {
  version: "1",
  text: {
    en: "Our house is quiet from ten at night to seven in the morning. Nobody smokes in the rooms.",
    it: "L'hotel è silenzioso dalle dieci di sera alle sette del mattino. Nelle camere non si fuma.",
    pt: "O hotel fica em silêncio das dez da noite às sete da manhã. Não se fuma nos quartos.",
  },
};

/** Meta's id of the form in `forms/check-in.json`. */
export const CHECK_IN_FORM_ID = "700000000000001";

/** Those that staff may begin with a guest. */
export const STAFF_FLOWS = [
  { id: "check-in", name: "Check-in" },
  { id: "check-out", name: "Check-out" },
  { id: "upsell", name: "Offers for the stay" },
  { id: "request", name: "Request to housekeeping" },
];

/** What guests can do by themselves: all of it ready made. */
export const readyFlows = (pms: PmsPort, createTask: Desk["createTask"]) => [
  checkIn({ pms, rules: RULES, department: "reception" }),
  {
    ...checkIn({
      id: "check-in-form",
      pms,
      rules: RULES,
      department: "reception",
      form: { form: { id: CHECK_IN_FORM_ID }, screen: "STAY" },
    }),
    // "Check in" is the chat's.
    triggers: [keyword("check in by form"), button("check-in-form"), staff()],
  },
  checkOut({ pms, department: "reception" }),
  upsell({ pms, department: "reception" }),
  guestRequest({
    department: "housekeeping",
    promiseMinutes: { housekeeping: 30, maintenance: 60 },
    tasks: deskTasks(createTask),
  }),
];
