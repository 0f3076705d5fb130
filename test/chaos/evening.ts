import { setTimeout as delay } from "node:timers/promises";
import type { HotelOptions, PmsStayEvent } from "belldesk";
import type { GuestFile } from "belldesk/testing";
import { request } from "undici";
import type { Deliverer } from "../harness/deliverer.js";
import { ARRIVAL, GRAND_NUMBER, hotels, SEASIDE_NUMBER, type GuestText } from "../harness/hotel.js";
import type { Answer, Written } from "./checks.js";
import type { Cluster } from "./cluster.js";
import { photoOf, type Photographed } from "./files.js";
import type { Looks } from "./looks.js";
import type { GuestPlan, Photo, StayTold, Step } from "./plan.js";
import { ANSWER_MS, patiently, replyOnce } from "./stay.js";

const NUMBERS = { grand: GRAND_NUMBER, seaside: SEASIDE_NUMBER } as const;
/** Milliseconds after which something that has not come about never will, whatever failed meanwhile, and however busy the machine is. */
export const PATIENCE_MS = 300_000;
/** By which WhatsApp is late with what a late guest writes: a day, and an hour. Seconds. */
const LATE_S = 25 * 3_600;

/** The harness's hotels, which have a template, and say a word to whoever has checked in. */
export const EVENING_HOTELS: readonly HotelOptions[] = hotels.map((hotel) => ({
  ...hotel,
  templates: [ARRIVAL],
  stays: {
    messages: [{ id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome to {hotel}." }, quiet: true }],
  },
}));

/** What one guest's evening was, as it has to be kept. */
export interface Evening extends Written {
  readonly hotelId: string;
  /** What they told a flow; null of who walked none. */
  readonly walked: { readonly name: string; readonly nights: string } | null;
  readonly photo: Photographed | null;
  /** The reservation of which the hotel's own system told; null where it told of none. */
  readonly reservationId: string | null;
  readonly isLate: boolean;
  /** Whether staff could write to a late guest what only a template may say. */
  readonly wasLetThrough: boolean;
}

/** One guest's evening, the answers staff give, and what the hotel's own system tells. */
export async function live(cluster: Cluster, looks: Looks, { deliver }: Deliverer, guest: GuestPlan): Promise<Evening> {
  await delay(guest.from);
  const n = Number(guest.phone.slice(-7));
  const groups: string[][] = [];
  const repeats: Promise<void>[] = [];
  let answering: Promise<{ readonly answers: readonly Answer[]; readonly wasLetThrough: boolean }> = Promise.resolve({
    answers: [],
    wasLetThrough: false,
  });
  let staying: Promise<unknown> = Promise.resolve();
  let photo: Photographed | null = null;
  for (const [index, step] of guest.steps.entries()) {
    await delay(step.pauseMs);
    const texts = step.texts.map((text, place): GuestText => ({
      from: guest.phone,
      wamid: `wamid.${String(n)}.${String(index)}.${String(place)}`,
      text,
      number: NUMBERS[guest.hotel],
      ...(guest.isLate && { timestamp: Math.floor(Date.now() / 1_000) - LATE_S }),
    }));
    await (step.together ? deliver(texts) : Promise.all(texts.map((text) => deliver([text]))));
    const { repeatAfterMs } = step;
    // Cut differently the second time: each alone, the last one first.
    if (repeatAfterMs !== null)
      repeats.push(
        delay(repeatAfterMs).then(async () => {
          for (const text of texts.toReversed()) await deliver([text]);
        }),
      );
    // What arrives together keeps its order; what is posted at once has none to keep.
    groups.push(...(step.together ? texts.map(({ wamid }) => [wamid]) : [texts.map(({ wamid }) => wamid)]));
    if (step.photo !== null) {
      groups.push([await sends(cluster, guest, step)]);
      photo = { phone: guest.phone, hotelId: guest.hotel, photo: step.photo };
    }
    if (step.then === "walked") await looks.isThrough(guest);
    if (step.then === "chosen") {
      answering = answer(cluster, looks, guest, n);
      staying = Promise.all(guest.stay.map((told, place) => tells(cluster, guest, n, told, place)));
      // Heard of at the end, with everything else.
      for (const one of [answering, staying]) one.catch(() => undefined);
    }
  }
  await Promise.all([...repeats, staying]);
  const [first, name] = guest.steps.map(({ texts }) => texts[0] ?? "");
  return {
    phone: guest.phone,
    hotelId: guest.hotel,
    groups,
    ...(await answering),
    walked: first === "check in" ? { name: name ?? "", nights: "2" } : null,
    photo,
    reservationId: guest.stay.length > 0 ? reservationOf(n) : null,
    isLate: guest.isLate,
  };
}

/** A photo is brought by WhatsApp itself, which keeps its bytes. @returns the wamid */
async function sends({ fake }: Cluster, { phone, hotel }: GuestPlan, { photo, repeatAfterMs }: Step): Promise<string> {
  if (repeatAfterMs !== null) fake.mishap({ kind: "twice" });
  return fake.guest(phone).sendsFile(NUMBERS[hotel], fileOf(phone, photo ?? "honest"));
}

function fileOf(phone: string, photo: Photo): GuestFile {
  const bytes = photoOf(phone);
  const file = { kind: "image", mimeType: "image/png", bytes } as const;
  switch (photo) {
    case "honest":
      return file;
    case "otherType":
      return { ...file, mimeType: "image/jpeg" };
    case "page":
      return { ...file, bytes: Buffer.from(`<!doctype html><script>alert(${phone.slice(-3)})</script>`) };
    case "half":
      return { ...file, bytes: bytes.subarray(0, bytes.length / 2) };
  }
}

/** A late guest is answered by a template, which is all that may reach them. */
async function answer(
  cluster: Cluster,
  { conversationOf }: Looks,
  { phone, hotel, answers, isLate }: GuestPlan,
  n: number,
) {
  const conversationId = await conversationOf({ phone, hotel });
  const given = Array.from({ length: answers }, (_, place): Answer => ({
    clientMessageId: `answer-${String(n)}-${String(place)}`,
    text: isLate ? `template ${ARRIVAL.name}` : `Answer ${String(place)}`,
  }));
  const content = { type: "template", name: ARRIVAL.name, language: ARRIVAL.language };
  const wasLetThrough = isLate && (await getsThrough(cluster, conversationId, n));
  for (const one of given)
    await patiently(async () => {
      const status = await replyOnce(cluster, conversationId, isLate ? { ...one, content } : one);
      if (status >= 300) throw new Error(`staff's answer to guest ${String(n)} was answered ${String(status)}`);
      return true;
    }, PATIENCE_MS);
  return { answers: given, wasLetThrough };
}

/** Whether staff may say something other than a template to a guest whose window is closed. Whoever answers knows. */
const getsThrough = async (cluster: Cluster, conversationId: string, n: number): Promise<boolean> => {
  const refused = { clientMessageId: `refused-${String(n)}`, text: "Too late" };
  const status = await patiently(async () => {
    const answered = await replyOnce(cluster, conversationId, refused);
    return answered < 500 && answered;
  }, PATIENCE_MS);
  return status !== 409;
};

const reservationOf = (n: number): string => `R-${String(n)}`;

/** What each version of a reservation says: it is made, has a room, the guest is there, the room is ready. */
const STAY = {
  1: { kind: "reservation_created", arrival: "2027-03-01", departure: "2027-03-04" },
  2: { kind: "room_assigned", room: "204" },
  3: { kind: "checked_in" },
  4: { kind: "room_ready" },
} as const satisfies Record<StayTold["version"], Partial<PmsStayEvent>>;

async function tells(cluster: Cluster, guest: GuestPlan, n: number, { version, pauseMs }: StayTold, place: number) {
  await delay(pauseMs * (place + 1));
  const event: PmsStayEvent = {
    hotelId: guest.hotel,
    eventId: `evt-${String(n)}-${String(version)}`,
    reservationId: reservationOf(n),
    guest: { waId: guest.phone },
    version,
    ...STAY[version],
  };
  await patiently(async () => {
    const { statusCode, body } = await request(`${cluster.base}/api/pms/events`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-role": "admin" },
      body: JSON.stringify(event),
      reset: true,
      headersTimeout: ANSWER_MS,
    });
    await body.dump();
    return statusCode === 200;
  }, PATIENCE_MS);
}
