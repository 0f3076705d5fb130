import net from "node:net";
import { ConversationError, type MediaFile, type MediaScanner, type ScanVerdict } from "../../src/index.js";

/** Where clamd listens. */
export type ClamdAddress =
  | {
      /** A socket of this machine (`LocalSocket` of clamd.conf). */
      readonly path: string;
    }
  | {
      /** `127.0.0.1` by default. What is sent is not encrypted: a host across a network that others are on needs a tunnel. */
      readonly host?: string;
      /** `TCPSocket` of clamd.conf; 3310 by default. */
      readonly port?: number;
    };

/** What `clamd()` takes: where it listens, and when a scan is given up. */
export type ClamdOptions = ClamdAddress & {
  /** Milliseconds in which nothing moves, after which the scan is given up; a minute by default. */
  readonly idleMs?: number;
  /**
   * Bytes: `StreamMaxLength` of clamd.conf, above which a file is not sent at all. Without it a file that is too large is sent until clamd
   * hangs up.
   */
  readonly maxBytes?: number;
};

/** Bytes of one piece; clamd takes any. */
const PIECE = 65_536;
/** Longest answer: a name and some words. Bytes. */
const ANSWER_MAX = 4_096;

/**
 * Asks a clamd (ClamAV), by INSTREAM: the file goes over the socket, so clamd needs no right to read it. Each scan has a connection of its own.
 *
 * Clean is what clamd says is, and nothing else: no answer, a cut one, an odd one or an error holds the file back. Set `AlertExceedsMax yes` in
 * clamd.conf, or clamd says OK of what it was too large for it to look into.
 */
export const clamd = (options: ClamdOptions = {}): MediaScanner => ({
  async scan(file) {
    const { maxBytes = Infinity } = options;
    if (file.sizeBytes > maxBytes) throw new ConversationError("scanner_limit", { sizeBytes: file.sizeBytes });
    file.signal?.throwIfAborted();
    return verdict(await asked(file, options), file.sizeBytes);
  },
});

/** @source clamd(8), INSTREAM */
function verdict(answer: string, sizeBytes: number): ScanVerdict {
  if (answer === "stream: OK") return { verdict: "clean" };
  const [, name] = /^stream: ([^\n]{1,256}) FOUND$/.exec(answer) ?? [];
  // clamd was told to say so where it stopped looking.
  if (answer.includes("size limit exceeded") || name?.startsWith("Heuristics.Limits.Exceeded") === true)
    throw new ConversationError("scanner_limit", { sizeBytes });
  if (name === undefined) throw unavailable(answer === "" ? "no answer" : "odd answer");
  return { verdict: "infected", name };
}

const unavailable = (failure: string) => new ConversationError("scanner_unavailable", { failure });

/** What clamd says of a file, without the byte that ends it; empty when it hung up without a word. */
async function asked({ read, sizeBytes, signal }: MediaFile, options: ClamdOptions): Promise<string> {
  const { idleMs = 60_000 } = options;
  const socket =
    "path" in options
      ? net.connect({ path: options.path })
      : net.connect({ host: options.host ?? "127.0.0.1", port: options.port ?? 3_310 });
  let answer = "";
  const failures: Error[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  const giveUp = (reason: Error) => {
    failures.push(reason);
    socket.destroy();
  };
  const abort = () => socket.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  socket.setTimeout(idleMs, () => giveUp(unavailable("timeout")));
  socket.on("error", (error: NodeJS.ErrnoException) => failures.push(unavailable(error.code ?? "socket")));
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
    if (answer.length > ANSWER_MAX) giveUp(unavailable("odd answer"));
    // It has said what it had to; it hears no more, either.
    if (answer.includes("\0")) socket.destroy();
  });
  try {
    await sent(socket, read, sizeBytes);
    await ended;
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.destroy();
  }
  signal?.throwIfAborted();
  // An answer that is whole counts, also where the connection broke right behind it.
  const end = answer.indexOf("\0");
  if (end >= 0) return answer.slice(0, end).trim();
  throw failures[0] ?? unavailable("no answer");
}

/** The command, the pieces, each behind its length, and the end. What reading throws is thrown on. */
async function sent(socket: net.Socket, read: MediaFile["read"], sizeBytes: number): Promise<void> {
  if (!(await written(socket, Buffer.from("zINSTREAM\0")))) return;
  let size = 0;
  for await (const bytes of read()) {
    size += bytes.length;
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      if (!(await written(socket, Buffer.concat([length, piece])))) return;
    }
  }
  // A verdict about a part of the file is none about the file.
  if (size !== sizeBytes) throw new ConversationError("media_size_differs", { expected: sizeBytes, actual: size });
  await written(socket, Buffer.alloc(4));
}

/** @returns false when nobody listens any more */
const written = (socket: net.Socket, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    if (socket.destroyed) {
      resolve(false);
      return;
    }
    const gone = () => resolve(false);
    socket.once("close", gone);
    socket.write(bytes, (error) => {
      socket.off("close", gone);
      resolve(error == null);
    });
  });
