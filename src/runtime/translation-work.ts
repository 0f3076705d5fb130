import { setTimeout as delay } from "node:timers/promises";
import { isLanguage } from "../decide/language.js";
import { backoffMs } from "../decide/send.js";
import { staffLanguageOf } from "../decide/translation.js";
import { writtenIn } from "../decide/written.js";
import { shown } from "../domain/amendment.js";
import { noChange } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import { textMark, type NewTranslation } from "../domain/translation.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { ToTranslate, TranslatedText, Translator } from "../ports/translator.js";
import { PATIENCE, type WorkRetry } from "./inbound-work.js";
import { warnings } from "./warnings.js";
import { whereFrom } from "./where-from.js";

export interface TranslationWorkOptions {
  /** null: a desk without one, which has work of another that had. */
  readonly translator: Translator | null;
  readonly storage: Pick<Storage, "message" | "loadChats" | "putTranslation" | "commit" | "fail">;
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  readonly settings: TranslationSettings;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

export interface TranslationSettings {
  /** Milliseconds. */
  readonly deadlineMs: number;
  readonly attempts: number;
  readonly concurrency: number;
}

const NO_ANSWER = Symbol("no answer");

/** Has guests' messages translated, one of a chat at a time. What the translator says is stored first, and its work is done then: a crash between asks again. */
export function translationWork({
  translator,
  storage,
  hotels,
  logger,
  random,
  retry,
  settings,
  publish,
}: TranslationWorkOptions) {
  const warn = warnings(logger);

  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const works = lanes.map((lane) => translateOne(lane).then(() => done(lane)));
    const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async function translateOne(lane: ClaimedLane): Promise<void> {
    const [item] = lane.items;
    if (item === undefined) return;
    try {
      const about = await load(lane, item);
      if (about !== null && !(await translated(lane, item, about))) return;
      const change = noChange(lane.hotelId);
      const result = await storage.commit(lane.hotelId, [{ change, lane, completes: [item.id], failed: null }]);
      if (result.outcome === "committed") publish(result.events);
    } catch (error) {
      if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
      const code = codeOf(error, "decision_failed");
      logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "a message could not be translated");
      await putOff(lane, item, code, retry.attempts * PATIENCE);
    }
  }

  /** What there is to translate, as the message reads now; null for nothing. */
  async function load(lane: ClaimedLane, { payload }: WorkItem): Promise<Omit<ToTranslate, "signal"> | null> {
    const { messageId } = JSON.parse(payload) as { readonly messageId: string };
    const reach = { hotels: new Map([[lane.hotelId, "all" as const]]) };
    const found = await storage.message({ reach, messageId });
    if (translator === null || found === null) return null;
    const { amendments, ...message } = found.message;
    const text = writtenIn(shown(message, amendments).content);
    const hotel = await hotels.byId(lane.hotelId);
    if (text === null || text.trim() === "" || hotel === null) return null;
    const to = staffLanguageOf(hotel);
    const { translation } = found.message;
    if (translation?.of === textMark(text) && translation.language === to) return null;
    const { hotelId, phoneNumberId, guestId } = lane;
    const key = { hotelId, phoneNumberId, guestId, wamids: [], promptIds: [], addresses: [] };
    const from = (await storage.loadChats([key])).states[0]?.guest.language;
    return { hotelId, messageId, text, to, ...(from !== undefined && { from }) };
  }

  /** @returns false when it is tried again */
  async function translated(lane: ClaimedLane, item: WorkItem, about: Omit<ToTranslate, "signal">): Promise<boolean> {
    const { hotelId, messageId, to: language, text } = about;
    const whose = { hotelId, messageId, language, of: textMark(text) };
    let translation: NewTranslation | null;
    try {
      const answer = await ask(about);
      translation = answer === null ? null : { ...whose, text: answer.text, from: answer.from ?? null };
    } catch (error) {
      // What the host threw may quote a guest.
      warn(
        "translator_failed",
        "The translator gave no answer: staff see what guests wrote, and it is asked again.",
        whereFrom(error),
      );
      if (item.attempts + 1 < settings.attempts) {
        await putOff(lane, item, "translator_failed", settings.attempts);
        return false;
      }
      translation = { ...whose, text: null, from: null };
    }
    const events = translation === null ? null : await storage.putTranslation(translation);
    if (events !== null) publish(events);
    return true;
  }

  async function ask(about: Omit<ToTranslate, "signal">): Promise<TranslatedText | null> {
    const ended = new AbortController();
    const over = new AbortController();
    try {
      const answer = await Promise.race([
        Promise.resolve(translator?.translate({ ...about, signal: ended.signal })),
        delay(settings.deadlineMs, NO_ANSWER, { ref: false, signal: over.signal }),
      ]);
      if (answer === NO_ANSWER) throw new ConversationError("translator_failed");
      return readText(answer);
    } finally {
      over.abort();
      ended.abort();
    }
  }

  const putOff = async (lane: ClaimedLane, item: WorkItem, code: string, attempts: number): Promise<void> => {
    const retryInMs = item.attempts + 1 >= attempts ? null : backoffMs(item.attempts, retry, random());
    publish(await storage.fail([{ lane, workId: item.id, code, retryInMs }]));
  };

  return { handle };
}

/** Ours: WhatsApp's longest text, and as much again for a language that takes more room. UTF-16 units. */
const TEXT_MAX = 16_384;

/** @throws {ConversationError} `translator_failed` for what is no translation */
function readText(answer: unknown): TranslatedText | null {
  if (answer === null || answer === undefined) return null;
  const { text, from } = answer as Partial<Record<keyof TranslatedText, unknown>>;
  if (typeof text !== "string" || text === "" || text.length > TEXT_MAX)
    throw new ConversationError("translator_failed");
  return { text, ...(typeof from === "string" && isLanguage(from) && { from }) };
}
