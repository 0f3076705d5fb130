import { setTimeout as delay } from "node:timers/promises";
import type { ConversationSummaryJson, GuestPrincipal, ServerFrame, StaffPrincipal } from "belldesk";
import { deskClient, type DeskClient } from "belldesk/client";
import { WebSocket } from "ws";
import type { Told } from "./live-checks.js";

export type Viewer = StaffPrincipal | GuestPrincipal;

/** A page or a program that watches the desk. */
export interface Watching {
  readonly isLive: () => boolean;
  readonly told: readonly Told[];
  readonly resyncs: () => number;
  readonly shows: () => ReadonlyMap<string, ConversationSummaryJson>;
  /** How often it was told everything as it happens, and then was not. */
  readonly cuts: () => number;
  /** Milliseconds for which it was not told everything as it happens, at most. */
  readonly awayMs: () => number;
  readonly close: () => void;
}

/** Milliseconds that a client of these runs waits before it connects again, at most. */
const AGAIN_MS = 600;
const SNAPSHOT = { limit: 1_000 };
/** Pings that may stay away. */
const PINGS = 2.2;

/** By `belldesk/client`. @param origin where the desk is, `127.0.0.1:port` */
export function deskWatching(origin: string, as: Viewer): Watching & { readonly client: DeskClient } {
  const told: Told[] = [];
  let resyncs = 0;
  let cuts = 0;
  const away = stopwatch();
  class Noted extends WebSocket {
    constructor(url: string) {
      super(url);
      this.on("message", (data: Buffer) => {
        if (data.subarray(0, 100).includes("resync_required")) resyncs += 1;
      });
    }
  }
  const client = deskClient({
    baseUrl: `http://${origin}/api`,
    token: JSON.stringify(as),
    WebSocket: Noted,
    live: { retry: { baseMs: 50, maxMs: AGAIN_MS }, snapshot: SNAPSHOT.limit },
  });
  let wasLive = false;
  client.subscribe(() => {
    const isLive = client.getState().connection.status === "live";
    if (wasLive && !isLive) cuts += 1;
    if (wasLive !== isLive) away.runs(!isLive);
    wasLive = isLive;
  });
  client.onEvent(({ hotelId, seq }) => told.push({ hotelId, seq }));
  client.connect();
  return {
    client,
    told,
    isLive: () => client.getState().connection.status === "live",
    resyncs: () => resyncs,
    cuts: () => cuts,
    awayMs: away.longestMs,
    shows: () => new Map(Object.entries(client.getState().conversations).filter(([, { status }]) => status === "open")),
    close: () => client.close(),
  };
}

/** How long something lasted, at most. */
function stopwatch() {
  let since: number | null = performance.now();
  let longest = 0;
  const longestMs = (): number => Math.max(longest, since === null ? 0 : performance.now() - since);
  return {
    longestMs,
    runs(isOn: boolean): void {
      longest = longestMs();
      since = isOn ? performance.now() : null;
    },
  };
}

/**
 * By hand, as docs/live-protocol.md has it: keeps what a hotel's log told up to a place, and forgets what was told beyond the last
 * place when the line is cut, since it is told again.
 */
export function rawWatching(origin: string, as: Viewer): Watching {
  const told: Told[] = [];
  let unplaced: Told[] = [];
  let shows = new Map<string, ConversationSummaryJson>();
  let cursors: Record<string, string> | null = null;
  let resyncs = 0;
  let cuts = 0;
  let isLive = false;
  const away = stopwatch();
  let isClosed = false;
  let socket: WebSocket | null = null;

  const placed = (hotelId: string): void => {
    told.push(...unplaced.filter((one) => one.hotelId === hotelId));
    unplaced = unplaced.filter((one) => one.hotelId !== hotelId);
  };

  function apply(frame: ServerFrame): void {
    switch (frame.type) {
      case "ping":
        socket?.send(JSON.stringify({ type: "pong" }));
        break;
      case "resync_required":
        resyncs += 1;
        shows = new Map();
        cursors = null;
        break;
      case "snapshot":
        for (const one of frame.items) shows.set(one.id, one);
        break;
      case "conversation": {
        const { conversation } = frame;
        if ((shows.get(conversation.id)?.version ?? 0) > conversation.version) break;
        if (conversation.status === "open") shows.set(conversation.id, conversation);
        else shows.delete(conversation.id);
        break;
      }
      case "gone":
        shows.delete(frame.conversationId);
        break;
      case "event":
        unplaced.push({ hotelId: frame.event.hotelId, seq: frame.event.seq });
        break;
      case "upTo":
        placed(frame.hotelId);
        if (cursors !== null) cursors[frame.hotelId] = frame.cursor;
        break;
      case "live":
        for (const hotelId of Object.keys(frame.cursors)) placed(hotelId);
        cursors = { ...frame.cursors };
        isLive = true;
        away.runs(false);
        break;
      default:
    }
  }

  async function connectOnce(): Promise<void> {
    const own = new WebSocket(`ws://${origin}/live`);
    socket = own;
    unplaced = [];
    if (cursors === null) shows = new Map();
    let silence = setTimeout(() => own.terminate(), 15_000);
    let pingMs = 15_000;
    own.on("error", () => undefined);
    own.on("open", () =>
      own.send(
        JSON.stringify({
          type: "hello",
          version: 1,
          token: JSON.stringify(as),
          snapshot: SNAPSHOT,
          ...(cursors !== null && { resume: cursors }),
        }),
      ),
    );
    own.on("message", (data: Buffer) => {
      for (const frame of JSON.parse(data.toString()) as ServerFrame[]) {
        if (frame.type === "welcome") ({ pingMs } = frame);
        apply(frame);
      }
      clearTimeout(silence);
      silence = setTimeout(() => own.terminate(), pingMs * PINGS);
    });
    await new Promise((resolve) => own.once("close", resolve));
    clearTimeout(silence);
    if (isLive) {
      cuts += 1;
      away.runs(true);
    }
    isLive = false;
  }

  async function keep(): Promise<void> {
    while (!isClosed) {
      await connectOnce();
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- meanwhile
      if (isClosed) return;
      await delay(Math.random() * AGAIN_MS);
    }
  }
  void keep();

  return {
    told,
    isLive: () => isLive,
    resyncs: () => resyncs,
    cuts: () => cuts,
    awayMs: away.longestMs,
    shows: () => shows,
    close: () => {
      isClosed = true;
      socket?.terminate();
    },
  };
}
