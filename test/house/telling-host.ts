// A host that answers a word that it was given: `telling-host.ts <json options>`.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const { graphUrl } = JSON.parse(process.argv[2] ?? "{}") as { readonly graphUrl: string };
const server = createServer((_request, response) => response.end(graphUrl)).listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
