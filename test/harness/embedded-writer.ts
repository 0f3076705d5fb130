// A process with a database of its own: `embedded-writer.ts <directory>`. Says "open", then remembers guests' messages
// one after another and prints the id of each that was acknowledged, until it is killed.
import { embeddedStorage } from "../../adapters/postgres/index.js";
import { anItem } from "../../src/testing/index.js";

const [dataDir = ""] = process.argv.slice(2);
const storage = embeddedStorage({ dataDir });
await storage.open({ migrate: true });
console.log("open");
for (let n = 1; ; n++) {
  const id = `itm_${String(n)}`;
  await storage.remember([anItem(id, new Date())], { dedupRetentionMs: 86_400_000 });
  console.log(id);
}
