import { setTimeout as delay } from "node:timers/promises";
import { decideConsent } from "../decide/consent.js";
import { decideMerge, decideUnmerge } from "../decide/guest.js";
import { backoffMs } from "../decide/send.js";
import type { Command } from "../decide/command.js";
import { reach, reaches, type Permission } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import type { Change } from "../domain/change.js";
import { mayMarket } from "../domain/consent.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import { withRunsEnded } from "../flow/staff.js";
import type { GuestState } from "../ports/work-storage.js";
import { phoneVariants, waIdOf } from "../whatsapp/phone.js";
import type { Desk } from "./desk-api.js";
import type { GuestConsents, GuestView } from "./desk-shapes.js";
import type { DeskOptions } from "./desk.js";

type GuestDesk = Pick<Desk, "guest" | "findGuests" | "mergeGuests" | "unmergeGuests" | "consents" | "setConsent">;

/** How often a merge is decided again because somebody else changed one of the guests' conversations meanwhile. */
const MERGE_ATTEMPTS = 10;
/** Milliseconds between those attempts. */
const MERGE_BACKOFF = { baseMs: 5, capMs: 200 };

const phones = (values: readonly string[]): readonly Address[] => values.map((value) => ({ kind: "waId", value }));

/** Who guests are, for one principal. */
export function guestDesk(
  principal: Principal,
  { storage, roles, findGuest, ids, random, publish }: DeskOptions,
): GuestDesk {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  async function load(permission: Permission, guestIds: readonly string[]) {
    const { now, guests } = await storage.loadGuests({ reach: reachFor(permission), guestIds });
    const found = guests.filter((guest) => guest !== null);
    if (found.length < guestIds.length) throw new ConversationError("not_found");
    return { now, found };
  }

  /** Guests to merge or take apart. Of all departments: it concerns each that speaks with one of them. */
  async function loadWhole(guestIds: readonly string[]) {
    const loaded = await load("guest.merge", guestIds);
    const whole = reachFor("guest.merge");
    if (!loaded.found.every(({ guest }) => reaches(whole, guest.hotelId, null)))
      throw new ConversationError("not_found");
    return loaded;
  }

  async function change(
    guestIds: readonly string[],
    reason: string,
    decide: (guests: readonly GuestState[], command: Command) => Change,
  ): Promise<void> {
    const id = ids();
    for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, MERGE_BACKOFF, random()));
      const { now, found } = await loadWhole(guestIds);
      const decided = decide(found, { id, by: principal, reason, now });
      if (await committed(withRunsEnded(decided, await runsIn(decided), now))) return;
    }
    throw new ConversationError("busy");
  }

  /** Runs that are under way where a conversation closes because another one goes on with it: nobody could answer there. */
  async function runsIn({ conversations }: Change): Promise<readonly FlowRun[]> {
    const closing = conversations.filter(({ mode, status }) => mode === "flow" && status === "closed");
    const key = { reach: reachFor("guest.merge"), client: null, template: null };
    const loaded = await Promise.all(
      closing.map(({ id: conversationId }) => storage.loadConversation({ ...key, conversationId })),
    );
    return [...new Map(loaded.flatMap(({ state }) => state?.runs ?? []).map((run) => [run.id, run])).values()];
  }

  /** @returns false when somebody else was faster */
  async function committed(change: Change): Promise<boolean> {
    const result = await storage.commit(change.hotelId, [{ change, lane: null, completes: [], failed: null }]);
    if (result.outcome !== "committed") return false;
    publish(result.events);
    return true;
  }

  async function consentsOf(guestId: string, permission: Permission): Promise<GuestConsents> {
    const entries = await storage.consents({ reach: reachFor(permission), guestId });
    if (entries === null) throw new ConversationError("not_found");
    return { marketing: mayMarket(entries) ? "allowed" : "stopped", entries };
  }

  async function view(guestId: string, permission: Permission = "guest.read"): Promise<GuestView> {
    const { found } = await load(permission, [guestId]);
    const [state] = found;
    if (state === undefined) throw new ConversationError("not_found");
    const { guest, merged } = state;
    const [known, same] = await Promise.all([
      findGuest(guest),
      guest.mergedInto === null ? maybeSame(state, permission) : [],
    ]);
    return {
      id: guest.id,
      hotelId: guest.hotelId,
      name: guest.name,
      username: guest.username,
      language: guest.language ?? null,
      addresses: guest.addresses,
      mergedInto: guest.mergedInto,
      merged: merged.map(({ id, name }) => ({ id, name })),
      maybeSame: same,
      stay: known?.stay ?? null,
      known:
        known === null ? null : { name: known.name ?? null, language: known.language ?? null, vip: known.vip ?? false },
    };
  }

  /** Who has or had a phone of theirs, or one that may be the same in another national spelling. For a person to decide. */
  async function maybeSame(
    { guest, formerAddresses }: GuestState,
    permission: Permission,
  ): Promise<GuestView["maybeSame"]> {
    const own = [...guest.addresses, ...formerAddresses]
      .filter(({ kind }) => kind === "waId")
      .map(({ value }) => value);
    const { hotelId } = guest;
    const others = async (values: readonly string[]) => {
      if (values.length === 0) return [];
      const found = await storage.findGuests({ reach: reachFor(permission), hotelId, addresses: phones(values) });
      return found.map(({ id }) => id).filter((id) => id !== guest.id);
    };
    const former = await others(own);
    const like = (await others(own.flatMap(phoneVariants))).filter((id) => !former.includes(id));
    return [
      ...former.map((guestId) => ({ guestId, why: "formerPhone" }) as const),
      ...like.map((guestId) => ({ guestId, why: "likePhone" }) as const),
    ];
  }

  return {
    guest: (guestId) => view(guestId),

    consents: (guestId) => consentsOf(guestId, "guest.read"),

    async setConsent(guestId, { wish, reason = "consent" }) {
      const { now, found } = await load("guest.consent", [guestId]);
      const [state] = found;
      if (state === undefined) throw new ConversationError("not_found");
      // It carries no version, so nobody is faster.
      if (!(await committed(decideConsent(state, wish, { id: ids(), by: principal, reason, now }))))
        throw new ConversationError("busy");
      return consentsOf(guestId, "guest.consent");
    },

    async findGuests({ hotel, phone }) {
      const waId = waIdOf(phone);
      if (waId === null)
        throw new ConversationError("request_invalid", { issues: [{ path: "phone", message: "not a phone number" }] });
      const addresses = phones([waId, ...phoneVariants(waId)]);
      const found = await storage.findGuests({ reach: reachFor("guest.read"), hotelId: hotel, addresses });
      return Promise.all(found.map(({ id }) => view(id)));
    },

    async mergeGuests({ guestId, into, reason = "merge" }) {
      await change([guestId, into], reason, ([from, to], command) => {
        if (from === undefined || to === undefined) throw new ConversationError("not_found");
        return decideMerge(from, to, command);
      });
      return view(into, "guest.merge");
    },

    async unmergeGuests({ guestId, reason = "unmerge" }) {
      const { found } = await loadWhole([guestId]);
      const into = found[0]?.guest.mergedInto ?? null;
      if (into === null) throw new ConversationError("merge_impossible", { mergedInto: null });
      await change([guestId, into], reason, ([merged, from], command) => {
        if (merged === undefined || from === undefined) throw new ConversationError("not_found");
        return decideUnmerge(merged, from, command);
      });
      return view(guestId, "guest.merge");
    },
  };
}
