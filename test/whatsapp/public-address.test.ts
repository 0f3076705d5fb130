import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConversationError } from "../../src/errors.js";
import { isPublicAddress, isPublicHost, publicLookup } from "../../src/whatsapp/public-address.js";

describe("an address that a hotel's server may talk to is a public one (F59)", () => {
  test.each([
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0808:0808",
    "::8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:1::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "2a03:2880::1%eth0",
    "fec0::1",
    "ff02::1",
    // Not addresses, though some resolvers take them for some.
    "",
    "127.1",
    "0x7f000001",
    "2130706433",
    "010.0.0.1",
    "graph.facebook.com",
    "8.8.8.8 ",
    "[2a03:2880::1]",
  ])("%s is not", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "128.0.0.0",
    "157.240.1.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2a03:2880:f003:c07:face:b00c::2",
    "3ffe::1",
  ])("%s is", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test("no IPv4 address is taken for public in any of the ways in which IPv6 can hold it", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        return [`::ffff:${address}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`, `2001:0:${hex}::1`].every(
          (hidden) => !isPublicAddress(hidden),
        );
      }),
    );
  });
});

describe("a host of an address that a guest or a hotel writes down (F59)", () => {
  test.each([
    "graph.facebook.com",
    "graph.facebook.com.",
    "localhost.example",
    "notlocalhost",
    "157.240.1.1",
    "157.240.1.1.",
    "[2a03:2880::1]",
    "2a03:2880::1",
  ])("%s may be somebody else's machine", (host) => {
    expect(isPublicHost(host)).toBe(true);
  });

  test.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "desk.localhost",
    "desk.localhost.",
    "127.0.0.1",
    "10.0.0.1.",
    "[::1]",
    "[::ffff:7f00:1]",
    "fd00::1",
  ])("%s is this one, or one of its own network", (host) => {
    expect(isPublicHost(host)).toBe(false);
  });
});

describe("a name is looked up for a socket (F59)", () => {
  const answering =
    (...addresses: string[]): LookupFunction =>
    (_, options, callback) => {
      const all = addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));
      if (options.all === true) callback(null, all);
      else callback(null, all[0]!.address, all[0]!.family);
    };
  const looked = (lookup: LookupFunction, all: boolean, hostname = "graph.facebook.com") =>
    new Promise((resolve, reject) => {
      lookup(hostname, { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
    });

  test.each([true, false])("public addresses are handed on (all: %s)", async (all) => {
    const lookup = publicLookup({ lookup: answering("157.240.1.1", "2a03:2880::1") });
    expect(await looked(lookup, all)).toEqual(
      all
        ? [
            { address: "157.240.1.1", family: 4 },
            { address: "2a03:2880::1", family: 6 },
          ]
        : "157.240.1.1",
    );
  });

  test("one private address among public ones spoils the answer: the socket would choose", async () => {
    for (const answer of [["10.0.0.1"], ["157.240.1.1", "10.0.0.1"], ["2a03:2880::1", "fd00::1"]]) {
      const refused = await looked(publicLookup({ lookup: answering(...answer) }), true).catch(
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(ConversationError);
      expect(refused).toMatchObject({ code: "address_private", details: { host: "graph.facebook.com" } });
    }
  });

  test("an answer of one address is looked at as a list is, and hands none on where it is refused", async () => {
    expect(await looked(publicLookup({ lookup: answering("157.240.1.1") }), false)).toBe("157.240.1.1");
    const told: unknown[] = [];
    publicLookup({ lookup: answering("10.0.0.1") })("graph.facebook.com", { all: false }, (...given) =>
      told.push(given),
    );
    expect(told).toEqual([[expect.objectContaining({ code: "address_private" }), []]]);
  });

  test("of each name that was looked up it is told whether it is public, but of the one that was chosen", async () => {
    const told: unknown[] = [];
    const onLookup = (...given: readonly unknown[]): void => void told.push(given);
    await looked(publicLookup({ lookup: answering("157.240.1.1"), onLookup }), true);
    await looked(publicLookup({ lookup: answering("10.0.0.1"), onLookup }), true).catch(() => undefined);
    await looked(
      publicLookup({ lookup: answering("10.0.0.1"), onLookup, except: "chosen.example" }),
      true,
      "chosen.example",
    );
    expect(told).toEqual([
      ["graph.facebook.com", true],
      ["graph.facebook.com", false],
    ]);
  });

  test("a name that does not exist says so", async () => {
    const gone = Object.assign(new Error("gone"), { code: "ENOTFOUND" });
    const lookup = publicLookup({ lookup: (_, __, callback) => callback(gone, []) });
    await expect(looked(lookup, true)).rejects.toBe(gone);
  });

  test("the system's resolver answers where none is given: localhost is this machine, unless it was chosen", async () => {
    await expect(looked(publicLookup(), true, "localhost")).rejects.toMatchObject({ code: "address_private" });
    expect(await looked(publicLookup({ except: "localhost" }), false, "localhost")).toMatch(/^(127\.0\.0\.1|::1)$/);
  });
});
