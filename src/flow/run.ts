import type { Conversation } from "../domain/conversation.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Guest } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import type { FlowWorld } from "./advance.js";
import type { FlowBook } from "./book.js";
import type { Flow } from "./types.js";
import { FLOW_STEP_MS } from "./weave.js";

/** A run before its first step. */
export const newRun = (
  id: string,
  flow: Flow,
  {
    hotelId,
    guestId,
    phoneNumberId,
    id: conversationId,
  }: Pick<Conversation, "hotelId" | "guestId" | "phoneNumberId" | "id">,
  {
    cameFrom,
    given,
    language,
    now,
  }: {
    readonly cameFrom: string | null;
    readonly given: Readonly<Record<string, JsonValue>>;
    readonly language: string;
    readonly now: Date;
  },
): FlowRun => ({
  id,
  hotelId,
  flowId: flow.id,
  flowVersion: flow.version,
  guestId,
  phoneNumberId,
  conversationId,
  cameFrom,
  step: flow.first ?? "",
  loops: {},
  status: "running",
  answers: {},
  given,
  language,
  agreements: [],
  trail: [],
  records: [],
  promptId: null,
  options: [],
  turn: 0,
  moves: 0,
  tries: 0,
  reminded: false,
  why: null,
  toldOverAt: null,
  version: 0,
  startedAt: now,
  endedAt: null,
});

export const worldOf = (
  book: FlowBook,
  guest: Pick<Guest, "id" | "name" | "language">,
  hotel: Hotel,
  rootId: string,
  now: Date,
): FlowWorld => ({
  now,
  rootId,
  guest: { id: guest.id, name: guest.name, ...(guest.language !== undefined && { language: guest.language }) },
  timeZone: hotel.timeZone,
  ...(hotel.language !== undefined && { language: hotel.language }),
  stepMs: hotel.clocks.flowStepMs ?? FLOW_STEP_MS,
  keepsFiles: book.keepsFiles,
  ...(book.forms !== undefined && { forms: book.forms }),
  ...(book.threw !== undefined && { threw: book.threw }),
});
