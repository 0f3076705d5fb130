let offMs = 0;
let isSet = false;

/** From now on this process's clock is ahead by so many milliseconds, or behind, as on a machine that nobody set. Its timers run on. */
export function setClockOff(ms: number): void {
  offMs = ms;
  if (isSet || ms === 0) return;
  isSet = true;
  const Right = Date;
  // Everything that asks for the time, in whichever module, asks the global.
  globalThis.Date = new Proxy(Right, {
    construct: (_, args, as) =>
      Reflect.construct(Right, args.length === 0 ? [Right.now() + offMs] : args, as) as object,
    get: (target, name, receiver) =>
      name === "now" ? () => Right.now() + offMs : (Reflect.get(target, name, receiver) as unknown),
    apply: () => new Right(Right.now() + offMs).toString(),
  });
}
