import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { emptyDatabase } from "../support/databases.js";
import { httpProtocol, postgresProtocol, startProxy, type Proxy } from "./proxy.js";

// What breaks things breaks them, and just there: a proof by faults is worth what its faults are.

describe("the line to a database", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function line() {
    const database = await emptyDatabase();
    ends.push(() => database.drop());
    await database.pool.query("create table guests (name text)");
    const { hostname, port } = new URL(inject("postgresUrl"));
    const proxy = await startProxy({
      target: () => ({ host: hostname, port: Number(port) }),
      protocol: postgresProtocol,
    });
    ends.push(() => proxy.close());
    const through = new URL(database.url);
    through.hostname = "127.0.0.1";
    through.port = String(proxy.port);
    const client = new pg.Client({ connectionString: through.href });
    client.on("error", () => undefined);
    await client.connect();
    ends.push(() => client.end().catch(() => undefined));
    const guests = async () => (await database.pool.query<{ name: string }>("select name from guests")).rows;
    return { proxy, client, guests };
  }
  const insert = "insert into guests values ('Ada')";

  test("loses the answer to a commit: the row is there, and the client does not know (M7, F05)", async () => {
    const { proxy, client, guests } = await line();
    proxy.dropNextAnswer();
    await expect(client.query(insert)).rejects.toThrow();
    expect(await guests()).toEqual([{ name: "Ada" }]);
  });

  test("is cut: what runs fails, and so does what comes after", async () => {
    const { proxy, client } = await line();
    const running = client.query("select pg_sleep(10)");
    proxy.cut();
    await expect(running).rejects.toThrow();
    await expect(client.query(insert)).rejects.toThrow();
  });

  test("goes dead at one end: nobody is told, and what was said arrives when it lives again (F12)", async () => {
    const { proxy, client, guests } = await line();
    proxy.stall(true);
    let answered = false;
    const asking = client.query(insert).then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([answered, await guests()]).toEqual([false, []]);
    proxy.stall(false);
    await asking;
    expect(await guests()).toEqual([{ name: "Ada" }]);
  });

  test("is slow: everything takes that much longer in each direction (F07)", async () => {
    const { proxy, client } = await line();
    proxy.slow(60);
    const start = performance.now();
    await client.query(insert);
    expect(performance.now() - start).toBeGreaterThan(100);
  });
});

describe("the line to a host", () => {
  let close: () => Promise<unknown> = () => Promise.resolve();
  afterEach(() => close());

  async function host() {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          heard.push(Buffer.concat(chunks).toString());
          setTimeout(() => response.end("thank you"), 20);
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const proxy: Proxy = await startProxy({ target: () => ({ host: "127.0.0.1", port }), protocol: httpProtocol });
    close = async () => {
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    const post = async (body: string) =>
      (await fetch(`http://127.0.0.1:${String(proxy.port)}/`, { method: "POST", body })).text();
    return { proxy, heard, post };
  }

  test("is cut right after a request's body: the host has heard all of it, and the sender does not know", async () => {
    const { proxy, heard, post } = await host();
    const long = "a guest's long story ".repeat(20_000);
    proxy.cutAfterNextRequest();
    await expect(post(long)).rejects.toThrow();
    await expect.poll(() => heard).toEqual([long]);
    expect(await post("again")).toBe("thank you");
  });

  test("loses an answer: the host has given it", async () => {
    const { proxy, heard, post } = await host();
    proxy.dropNextAnswer();
    await expect(post("good evening")).rejects.toThrow();
    expect(heard).toEqual(["good evening"]);
    expect(await post("again")).toBe("thank you");
  });
});
