import type { Conversation } from "../domain/conversation.js";
import type { Episode, Timing } from "../domain/episode.js";
import type { Hotel } from "../domain/hotel.js";
import { openMillisBetween } from "../domain/opening-hours.js";
import { hoursOf } from "./away.js";
import type { Command } from "./command.js";

export const firstEpisode = (now: Date): Episode => ({
  number: 1,
  startedAt: now,
  askedAt: null,
  answeredAt: null,
  answeredBy: null,
});

/** A conversation that is opened again: what the guest asked before, and who answered, was of the episode before. */
export const nextEpisode = ({ number }: Episode, now: Date): Episode => ({ ...firstEpisode(now), number: number + 1 });

/** The guest wrote what somebody has to answer. Who has had a word of the staff in this episode asks for the first one no more. */
export const asked = (episode: Episode, now: Date): Episode =>
  episode.answeredAt === null ? { ...episode, askedAt: episode.askedAt ?? now } : episode;

/** The desk asked back, or something that is no person answered: nobody waits for staff, until the guest writes again. */
export const waitedFor = (episode: Episode): Episode =>
  episode.answeredAt === null ? { ...episode, askedAt: null } : episode;

/**
 * Staff wrote. Whoever takes a guest out of the menu answers what the guest wrote, though it was the hotel that waited.
 * @param before as it was
 */
export function answered(
  { episode, departmentId, lastGuestMessageAt }: Conversation,
  staffId: string | null,
  now: Date,
): Episode {
  if (episode.answeredAt !== null) return episode;
  const wrote = lastGuestMessageAt !== null && lastGuestMessageAt >= episode.startedAt ? lastGuestMessageAt : null;
  const askedAt = episode.askedAt ?? (departmentId === null ? wrote : null);
  return { ...episode, askedAt, answeredAt: now, answeredBy: staffId };
}

/** Staff wrote without answering: first, where nobody waits; a guest who does is still to be answered. */
export const wroteUnasked = (episode: Episode, staffId: string, now: Date): Episode =>
  episode.askedAt === null && episode.answeredAt === null
    ? { ...episode, answeredAt: now, answeredBy: staffId }
    : episode;

/** How long the first response took, where it has just been given. @param after with what staff wrote */
export const firstResponse = (before: Conversation, after: Conversation): readonly Timing[] => {
  const { askedAt, answeredAt, answeredBy } = after.episode;
  return before.episode.answeredAt !== null || answeredAt === null || askedAt === null
    ? []
    : [{ ...timing(after, "firstResponse"), staffId: answeredBy, since: askedAt, at: answeredAt, unanswered: false }];
};

/** How long the matter was open, where it ends here. One that goes on in another conversation does not. */
export const resolution = (conversation: Conversation, { by, now }: Command): Timing => {
  const { startedAt, askedAt, answeredAt } = conversation.episode;
  return {
    ...timing(conversation, "resolution"),
    staffId: by.kind === "staff" ? by.id : null,
    since: startedAt,
    at: now,
    unanswered: askedAt !== null && answeredAt === null,
  };
};

/**
 * The episodes of a conversation that goes on in another: what nobody has answered in the first is asked in the second from now on,
 * since when it was asked.
 */
export function continued(from: Episode, into: Episode): { readonly from: Episode; readonly into: Episode } {
  if (from.askedAt === null || from.answeredAt !== null) return { from, into };
  const askedAt = into.askedAt === null || from.askedAt < into.askedAt ? from.askedAt : into.askedAt;
  return { from: waitedFor(from), into: into.answeredAt === null ? { ...into, askedAt } : into };
}

/** With how much of them fell into opening hours, by the hours as they are now. */
export const inOpenHours = (timings: readonly Timing[], hotel: Hotel): readonly Timing[] =>
  timings.map((timing) => {
    const hours = CLOCKED.has(timing.kind) ? hoursOf(hotel, timing.departmentId) : undefined;
    if (hours === undefined) return timing;
    return { ...timing, openMs: openMillisBetween(hours, hotel.timeZone, timing.since, timing.at) };
  });

const CLOCKED: ReadonlySet<Timing["kind"]> = new Set(["firstResponse", "resolution"]);

const timing = ({ hotelId, id, episode, departmentId }: Conversation, kind: Timing["kind"]) => ({
  hotelId,
  conversationId: id,
  episode: episode.number,
  kind,
  departmentId,
  openMs: null,
  score: null,
});
