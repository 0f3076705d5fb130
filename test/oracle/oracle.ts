// Who may do and see what, said once more by somebody who does not know the desk: nothing is imported. At most 60 lines.
export type Who =
  | { kind: "staff"; role: string; hotels: Record<string, readonly string[] | "all"> }
  | { kind: "guest"; hotelId: string; guestId: string }
  | { kind: "operator" | "system" };
export type Talk = { hotel: string; department: string | null; guest: string; next?: string };
export interface Facts {
  talks: ReadonlyMap<string, Talk>; // conversations
  messages: ReadonlyMap<string, string>; // id to conversation
  notes: ReadonlySet<string>; // messages that staff wrote for one another
  guests: ReadonlyMap<string, { hotel: string; into: string | null }>;
}
export type Need = { of: "conversation" | "message" | "guest" | "hotel" | "anyone" | "place"; id: string; in?: string };

const BUILT_IN: Record<string, RegExp> = {
  agent: /^(con|mes|att)\w+\.(?!assignOthers|replayFlow)|^guest\.(read|consent)$|^(template|mention|savedReply)\.list$/,
  manager:
    /^(con|mes|att|saved)\w+\.|^guest\.(?!erase|export)|^(template|mention|events|audit|sender|dead|kept)\.list$|^times\./,
  admin: /./,
  operator: /^(template|events|sender|dead|kept|data)\.|^guest\.erase$/,
  guest: /^conversation\.(list|read)$|^attachment\.read$/,
  system: /./,
};

export function oracle(facts: Facts, roles: Record<string, readonly string[]>, who: Who, permission: string) {
  const role = who.kind === "staff" ? who.role : who.kind;
  const may = roles[role]?.includes(permission) ?? BUILT_IN[role]?.test(permission) ?? false;
  const named = (hotel: string) =>
    may && who.kind === "staff" && hotel !== "unrouted" ? new Map(Object.entries(who.hotels)).get(hotel) : undefined;
  const everywhere = may && (who.kind === "system" || who.kind === "operator");
  const whole = (hotel: string) => everywhere || named(hotel) === "all";
  const place = (hotel: string, department: string | null) =>
    whole(hotel) || (department !== null && (named(hotel) ?? []).includes(department));
  /** A guest, the one into whom they were merged, and so on. */
  const up = (id: string): string[] => [id, ...[facts.guests.get(id)?.into].flatMap((into) => (into ? up(into) : []))];
  /** A conversation and those that go on with it. */
  const onward = (id = "", seen: string[] = []): string[] =>
    id === "" || seen.includes(id) ? seen : onward(facts.talks.get(id)?.next, [...seen, id]);
  const own = ({ hotel, guest }: Talk) =>
    may && who.kind === "guest" && hotel === who.hotelId && up(guest).at(-1) === up(who.guestId).at(-1);
  const conversation = (id: string) =>
    [facts.talks.get(id)].some((it) => it && (place(it.hotel, it.department) || own(it)));
  const message = (id: string) => onward(facts.messages.get(id)).some(conversation);
  const guest = (id: string) => {
    const [hotel, theirs] = [facts.guests.get(id)?.hotel, [...facts.talks.values()]];
    if (hotel === undefined) return false;
    return whole(hotel) || theirs.some((it) => up(it.guest).includes(id) && place(it.hotel, it.department));
  };
  /** Whether a conversation shows a message to these eyes: a guest's see their own. */
  const shows = (conversationId: string, messageId: string) => {
    const it = facts.talks.get(facts.messages.get(messageId) ?? "");
    const isTheirs = who.kind !== "guest" || (it !== undefined && own(it) && !facts.notes.has(messageId));
    return isTheirs && onward(facts.messages.get(messageId)).includes(conversationId);
  };
  const meets = ({ of, id, in: department = "" }: Need): boolean => {
    if (of === "anyone") return everywhere || named(id) !== undefined;
    return of === "place" ? place(id, department) : { conversation, message, guest, hotel: whole }[of](id);
  };
  return { meets, shows };
}
