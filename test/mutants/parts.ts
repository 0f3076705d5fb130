/** A part of the desk on which a guest's safety hangs, and the quick tests that have to notice every small change to its code. */
export interface Part {
  /** What goes wrong where a change to it goes unnoticed. */
  readonly because: string;
  readonly files: readonly string[];
  /** Tests that need neither a server nor a browser: they run once for each change. */
  readonly tests: readonly string[];
}

/** Of a hundred changes, so many have to be noticed. */
export const LEAST = 90;

export const PARTS: Readonly<Record<string, Part>> = {
  signature: {
    because: "somebody who is not WhatsApp speaks as a guest",
    files: ["src/whatsapp/signature.ts", "src/whatsapp/challenge.ts"],
    tests: ["test/whatsapp/signature.test.ts"],
  },
  access: {
    because: "staff see guests of another department or hotel",
    files: ["src/domain/access.ts"],
    tests: ["test/domain/access.test.ts", "test/domain/access-matrix.test.ts"],
  },
  lattice: {
    because: "a message that failed is shown as sent, or one that was read as failed",
    files: ["src/domain/delivery-status.ts"],
    tests: ["test/domain/delivery-status.test.ts"],
  },
  phone: {
    because: "two guests become one, or one guest two",
    files: ["src/whatsapp/phone.ts", "src/whatsapp/recipient.ts", "src/domain/address.ts", "src/decide/spelling.ts"],
    tests: [
      "test/whatsapp/phone.test.ts",
      "test/whatsapp/recipient.test.ts",
      "test/domain/address.test.ts",
      "test/decide/spelling.test.ts",
    ],
  },
  cards: {
    because: "a card's number is stored, or a booking's is masked",
    files: ["src/domain/card-numbers.ts", "src/domain/digits.ts"],
    tests: ["test/domain/card-texts.test.ts", "test/domain/digits.test.ts"],
  },
  sniffer: {
    because: "a program or a page comes in as a picture",
    files: ["src/media/sniff.ts", "src/media/text.ts", "src/media/names.ts", "src/media/extension.ts"],
    tests: ["test/media/sniff.test.ts", "test/media/names.test.ts"],
  },
  files: {
    because: "a file is taken for what somebody says that it is, or holds a second one",
    files: ["src/media/check.ts", "src/media/other-format.ts", "src/media/second-opinion.ts"],
    tests: ["test/media/said.test.ts"],
  },
  cursors: {
    because: "a page of one hotel's list leads into another's",
    files: ["src/runtime/cursor.ts"],
    tests: ["test/runtime/cursor.test.ts"],
  },
  addresses: {
    because: "somebody makes the desk talk to its own network",
    files: ["src/whatsapp/public-address.ts"],
    tests: ["test/whatsapp/public-address.test.ts"],
  },
  logs: {
    because: "a guest's words, phone or a token stand in a log",
    files: ["src/ports/log-fields.ts"],
    tests: ["test/ports/log-fields.test.ts"],
  },
  secrets: {
    because: "a token is printed by accident",
    files: ["src/domain/secret.ts"],
    tests: ["test/domain/secret.test.ts"],
  },
  audit: {
    because: "somebody changes what was done, and the chain still holds",
    files: ["src/runtime/audit-chain.ts", "src/runtime/audit-verify.ts"],
    tests: ["test/runtime/audit-chain.test.ts"],
  },
  floods: {
    because: "strangers keep the desk from hearing guests, or one guest's network is taken for another's",
    files: ["src/runtime/floods.ts"],
    tests: ["test/runtime/floods.test.ts"],
  },
  window: {
    because: "WhatsApp refuses a reply, or one leaves that may not",
    files: ["src/domain/service-window.ts", "src/domain/clocks.ts", "src/domain/failure-wait.ts"],
    tests: ["test/domain/service-window.test.ts", "test/domain/failure-wait.test.ts"],
  },
  routing: {
    because: "a guest's message reaches the wrong department, or is swallowed, or two menus come",
    files: ["src/decide/routing.ts"],
    tests: ["test/decide/route.test.ts", "test/decide/routing.test.ts", "test/decide/echo.test.ts"],
  },
  menus: {
    because: "a menu offers what the hotel does not have, or a choice reaches another department",
    files: ["src/decide/menu.ts", "src/decide/menu-texts.ts", "src/decide/language.ts", "src/domain/prompt.ts"],
    tests: ["test/decide/menu-entries.test.ts", "test/decide/menu.test.ts", "test/domain/prompt.test.ts"],
  },
  sends: {
    because: "a message leaves twice, or outside the window, or fails where nobody sees it",
    files: ["src/decide/send.ts"],
    tests: ["test/decide/send.test.ts"],
  },
  replies: {
    because: "a reply leaves twice, or outside the window, or in a conversation that is over",
    files: ["src/decide/reply.ts", "src/decide/outgoing.ts", "src/decide/resend.ts"],
    tests: ["test/decide/reply.test.ts", "test/decide/desk.test.ts", "test/decide/write.test.ts"],
  },
  consent: {
    because: "a guest who said STOP gets offers, or one who did not gets none",
    files: ["src/decide/consent.ts", "src/domain/consent.ts"],
    tests: ["test/decide/consent.test.ts", "test/domain/consent.test.ts"],
  },
  templates: {
    because: "a template leaves that WhatsApp refuses, or an offer to whom said STOP",
    files: ["src/decide/template.ts", "src/domain/template-fill.ts", "src/domain/template-words.ts"],
    tests: ["test/decide/template-fill.test.ts", "test/decide/template.test.ts"],
  },
  heard: {
    because: "a guest's message is lost or counted twice, or nobody is told of it",
    files: ["src/decide/inbound.ts", "src/decide/item.ts"],
    tests: [
      "test/decide/heard.test.ts",
      "test/decide/amend.test.ts",
      "test/decide/consent.test.ts",
      "test/decide/away.test.ts",
    ],
  },
  guests: {
    because: "two guests become one, or a guest's history is lost with their number",
    files: ["src/decide/guest.ts", "src/decide/fold.ts", "src/decide/continue-in.ts"],
    tests: ["test/decide/guests.test.ts", "test/decide/guest.test.ts", "test/decide/waiting.test.ts"],
  },
  amended: {
    because:
      "what was edited or deleted is shown as it was, or what somebody wrote in the phone app talks over a guest",
    files: ["src/decide/echo.ts", "src/decide/amend.ts", "src/domain/amendment.ts"],
    tests: ["test/decide/amended.test.ts", "test/decide/amend.test.ts", "test/decide/echo.test.ts"],
  },
  choices: {
    because: "a guest's answer is taken for another option",
    files: ["src/decide/choices.ts"],
    tests: ["test/decide/choices.test.ts"],
  },
  matters: {
    because: "a matter is lost between two departments, is read by nobody, or nobody sees to it",
    files: ["src/decide/conversation.ts", "src/decide/command.ts", "src/decide/assignment.ts"],
    tests: ["test/decide/matters.test.ts", "test/decide/desk.test.ts", "test/decide/assignment.test.ts"],
  },
};
