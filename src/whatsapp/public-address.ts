import { lookup as systemLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { ConversationError } from "../errors.js";

/** Addresses of nobody's, or of somebody's own network. @source IANA "IPv4 Special-Purpose Address Registry" */
const PRIVATE_V4: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8], // "this host"
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // shared by a provider's customers
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, and where clouds answer with a machine's credentials
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/**
 * The one part of IPv6 that is routed everywhere. What lies outside is loopback, link-local, unique local, multicast, or an
 * IPv4 address in disguise (mapped, or behind NAT64).
 */
const GLOBAL_V6 = ["2000::", 3] as const;

/** What lies inside and is not. @source IANA "IPv6 Special-Purpose Address Registry" */
const PRIVATE_V6: readonly (readonly [network: string, bits: number])[] = [
  ["2001::", 23], // Teredo, which hides an IPv4 address, and other protocols
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which hides another
  ["3fff::", 20], // documentation
];

const listOf = (networks: typeof PRIVATE_V4, family: "ipv4" | "ipv6"): BlockList => {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
};
const privateV4 = listOf(PRIVATE_V4, "ipv4");
const globalV6 = listOf([GLOBAL_V6], "ipv6");
const privateV6 = listOf(PRIVATE_V6, "ipv6");

/** Whether an IP address belongs to the public internet. False for what is no IP address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !privateV4.check(address, "ipv4");
    case 6:
      // One with a zone ("fe80::1%eth0") is of this machine's own network.
      return !address.includes("%") && globalV6.check(address, "ipv6") && !privateV6.check(address, "ipv6");
    default:
      return false;
  }
}

/** Whether the host of a URL may be somebody else's machine: a name but that of this one, or a public address. */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return isIP(host) === 0 ? !/(^|\.)localhost$/i.test(host) : isPublicAddress(host);
}

export interface PublicLookupOptions {
  /** What really looks names up; the system's resolver by default. */
  readonly lookup?: LookupFunction;
  /** A name that may resolve to anything: the host has chosen it. */
  readonly except?: string | undefined;
  /** Told of every other name that was looked up. */
  readonly onLookup?: (hostname: string, isPublic: boolean) => void;
}

/**
 * Looks names up for sockets, and fails with `address_private` where an answer holds an address that is not public:
 * whoever holds the name could else make this process talk to its own network. What is checked is what the socket
 * is given, so that a name cannot mean something else a moment later.
 */
export function publicLookup({ lookup = systemLookup, except, onLookup }: PublicLookupOptions = {}): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error !== null || hostname === except) {
        callback(error, address, family);
        return;
      }
      const addresses = typeof address === "string" ? [address] : address.map((entry) => entry.address);
      const isPublic = addresses.every(isPublicAddress);
      onLookup?.(hostname, isPublic);
      if (isPublic) callback(null, address, family);
      else callback(new ConversationError("address_private", { host: hostname }), []);
    });
  };
}
