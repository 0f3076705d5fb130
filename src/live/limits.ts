/** What one process lets live connections take. Each is an option of the desk: `live: { pingMs: 10_000 }`. Times in milliseconds. */
export interface LiveLimits {
  /** Between the opening of a connection and its `hello`: a page sends it at once, whoever only holds sockets open does not. */
  readonly helloMs: number;
  /** Within which the host's `authenticate` has to answer. */
  readonly authenticateMs: number;
  /** Between pings. Whoever is not heard for two of them is lost. Below what proxies cut silent connections after, mostly 60 s. */
  readonly pingMs: number;
  /** Without a frame by which somebody is at the page. */
  readonly idleMs: number;
  /** Of one frame of a client, in bytes: the longest text of WhatsApp, escaped, with room to spare. */
  readonly frameBytes: number;
  /** Frames of one client in a second, on average, and at once. */
  readonly framesPerSecond: number;
  readonly framesAtOnce: number;
  /** Commands of one connection that wait for one another. */
  readonly commandsWaiting: number;
  /** Connections of one principal with this process: tabs and devices. */
  readonly connectionsPerPrincipal: number;
  /** Connections from one address that have not said `hello` yet. */
  readonly waitingPerIp: number;
  /** The same from one private address, which is a proxy's most likely: everybody's. */
  readonly waitingPerProxy: number;
  /** What waits in this process for a client to read it, in bytes. */
  readonly queueBytes: number;
  /** For how long nothing of that may leave. */
  readonly stallMs: number;
  /** Between looks for news while nothing tells of them: they are at most twice as late. */
  readonly pollMs: number;
  /** Between looks for rights that have changed. */
  readonly revocationsMs: number;
  /** Events that a client is told of after a pause, at most: beyond them a snapshot is cheaper. */
  readonly catchUpEvents: number;
  /** Clients that read what they missed from the storage at once: leave the host's pool some connections. */
  readonly admitted: number;
  /** Clients that wait for that. */
  readonly waiting: number;
  /** News of a hotel that are kept for those who were away shortly, in bytes. */
  readonly recentBytes: number;
}

export const LIVE_LIMITS: LiveLimits = {
  helloMs: 5_000,
  authenticateMs: 10_000,
  pingMs: 25_000,
  idleMs: 30 * 60_000,
  frameBytes: 64 * 1024,
  framesPerSecond: 20,
  framesAtOnce: 40,
  commandsWaiting: 64,
  connectionsPerPrincipal: 10,
  waitingPerIp: 20,
  waitingPerProxy: 2_000,
  queueBytes: 1024 * 1024,
  stallMs: 5_000,
  pollMs: 2_500,
  revocationsMs: 500,
  catchUpEvents: 10_000,
  admitted: 4,
  waiting: 5_000,
  recentBytes: 2 * 1024 * 1024,
};
