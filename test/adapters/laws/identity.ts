import fc from "fast-check";
import { expect } from "vitest";
import { addressKey, type Address, type Change, type GuestState, type Storage } from "../../../src/index.js";
import { aCommand, aGuestUpdate, aNewAddress, anItem } from "../../../src/testing/index.js";
import { claim, commit, completing, nowOf, remember } from "../../../src/testing/contract/steps.js";
import type { FreshSubject, Subject } from "./subject.js";

const BSUIDS: readonly Address[] = ["US.1", "US.2", "US.3"].map((value) => ({ kind: "bsuid", value }));
const PARENTS: readonly Address[] = [{ kind: "parentBsuid", value: "US.ENT.1" }];
const PHONES: readonly Address[] = ["12025550101", "12025550102"].map((value) => ({ kind: "waId", value }));

const oneOf = (some: readonly Address[]) => fc.option(fc.constantFrom(...some), { nil: null });
/** In lookup order, at most one of a kind, as webhooks bring them. */
const together = fc
  .tuple(oneOf(BSUIDS), oneOf(PARENTS), oneOf(PHONES))
  .map((some) => some.filter((address) => address !== null))
  .filter(({ length }) => length > 0);
const anyOf = fc.constantFrom(...BSUIDS, ...PARENTS, ...PHONES);
/** Guests in the order in which they first wrote; one who did not is whoever wrote last. */
const guests = fc.nat({ max: 4 });

const happenings = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("writes"), addresses: together, minutesAgo: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("takes", "retires"), guest: guests, address: anyOf }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("merge"), guest: guests, into: guests }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("unmerge"), guest: guests }) },
);

/** Somebody writes, and that is dealt with. @returns whose it was */
async function writes({ storage, hotelId }: Subject, id: string, addresses: readonly Address[], sentAt: Date) {
  const now = await nowOf(storage);
  await remember(storage, anItem(id, now, { hotelId, chat: { addresses, sentAt, newGuestId: `gst_${id}` } }));
  const { lanes } = await claim(storage);
  const lane = lanes.find(({ items }) => items.some((item) => item.id === id));
  if (lane === undefined) throw new Error("What a guest wrote is due.");
  await commit(storage, completing(lane));
  return lane.guestId;
}

const statesOf = async (storage: Storage, guestIds: readonly string[]): Promise<readonly GuestState[]> =>
  (await storage.loadGuests({ reach: "everything", guestIds })).guests.flatMap((state) => state ?? []);

/** By address, who has it: of guests that stand for themselves each has theirs alone. */
function holders(states: readonly GuestState[]): ReadonlyMap<string, string> {
  const standing = states.filter(({ guest }) => guest.mergedInto === null);
  const all = standing.flatMap(({ guest }) =>
    guest.addresses.map((address) => [addressKey(address), guest.id] as const),
  );
  const byAddress = new Map(all);
  expect(byAddress.size).toBe(all.length);
  return byAddress;
}

/** Whether all that comes with a message is learned: not when nothing but a phone says whose it is, and it may be too late for that. */
const teaches = (addresses: readonly Address[], minutesAgo: number): boolean =>
  minutesAgo < 1 || addresses.some(({ kind }) => kind === "bsuid") || !addresses.some(({ kind }) => kind === "waId");

/** The law: whoever writes, merges and is told apart, an address names one guest, and none is lost. */
export const identityLaw = (fresh: FreshSubject) =>
  fc.asyncProperty(fc.array(happenings, { minLength: 1, maxLength: 12 }), async (story) => {
    const subject = await fresh();
    const { storage, hotelId } = subject;
    const known = new Set<string>();
    const said = new Set<string>();
    const try_ = (change: Partial<Change>) => storage.commit(hotelId, [aCommand({ hotelId, ...change })]);
    const guest = (index: number) => [...known][index] ?? [...known].at(-1) ?? "gst_nobody";

    for (const [index, happening] of story.entries()) {
      const id = `${hotelId}_${String(index)}`;
      if ("addresses" in happening) {
        const { addresses, minutesAgo } = happening;
        const sentAt = new Date((await nowOf(storage)).getTime() - minutesAgo * 60_000);
        known.add(await writes(subject, id, addresses, sentAt));
        const held = holders(await statesOf(storage, [...known]));
        for (const key of addresses.map(addressKey)) if (held.has(key) || teaches(addresses, minutesAgo)) said.add(key);
      } else if ("into" in happening) {
        await try_({ merge: { guestId: guest(happening.guest), into: guest(happening.into) } });
      } else if (!("address" in happening)) {
        await try_({ merge: { guestId: guest(happening.guest), into: null } });
      } else if (known.size > 0) {
        const { does, address } = happening;
        const addresses = does === "takes" ? [aNewAddress(address, id, { takes: true })] : [];
        const retires = does === "retires" ? [address] : [];
        await try_({ guest: aGuestUpdate(guest(happening.guest), { addresses, retires }) });
        if (does === "takes") said.add(addressKey(address));
      }
      const states = await statesOf(storage, [...known]);
      expect(new Set(holders(states).keys()), "whatever was said is somebody's").toEqual(said);
    }

    const states = await statesOf(storage, [...known]);
    for (const { guest: whole, merged } of states) {
      for (const part of merged) {
        const parts = part.addresses.map(addressKey);
        expect(whole.addresses.map(addressKey)).toEqual(expect.arrayContaining(parts));
      }
    }
    for (const [key, holder] of holders(states)) {
      const address = [...BSUIDS, ...PARENTS, ...PHONES].find((each) => addressKey(each) === key);
      if (address === undefined) throw new Error("Nobody named this address.");
      const whole = states.find(({ guest }) => guest.id === holder)?.guest;
      const has = whole?.addresses.find((each) => addressKey(each) === key);
      if (has === undefined) throw new Error("Whoever has an address is asked for.");
      // Neither before they had it, nor after they gave it up.
      expect(await writes(subject, `${hotelId}_asks_${address.value}`, [address], has.firstSeenAt)).toBe(holder);
      const found = await storage.findGuests({ reach: "everything", hotelId, addresses: [address] });
      expect(found.map((each) => each.id)).toContain(holder);
    }
    for (const id of known) await try_({ merge: { guestId: id, into: null } });
    const apart = await statesOf(storage, [...known]);
    expect(apart.every(({ guest: { mergedInto } }) => mergedInto === null)).toBe(true);
    expect(new Set(holders(apart).keys())).toEqual(said);
  });
