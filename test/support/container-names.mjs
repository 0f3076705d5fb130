// What Node is started with (--import) where a name of a network of containers is to be known: "whatsapp" is this machine.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const { lookup } = dns;
Object.assign(dns, {
  /** @type {(name: string, ...rest: unknown[]) => void} */
  lookup: (name, ...rest) => Reflect.apply(lookup, dns, [name === "whatsapp" ? "127.0.0.1" : name, ...rest]),
});
syncBuiltinESMExports();
