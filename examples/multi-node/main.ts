import { startChain } from "./chain.ts";
import { CHAIN } from "./hotels.ts";

const { DATABASE_URL, REDIS_URL, PORT = "3000" } = process.env;
if (DATABASE_URL === undefined || REDIS_URL === undefined) {
  console.error(
    "DATABASE_URL is a PostgreSQL, REDIS_URL a Redis; SECOND_DATABASE_URL is where every other hotel lives, if it is given.",
  );
  process.exit(1);
}
const chain = await startChain({ DATABASE_URL, REDIS_URL }, Number(PORT));
console.log(
  `Two processes behind ${chain.url}. Staff of a hotel: ${chain.url}/hotels/${CHAIN[0]?.hotel.id}/api/conversations`,
);
console.log("Each SIGUSR2 kills one of them, in turn, and starts another. Ctrl-C ends all.");
let next = 0;
process.on("SIGUSR2", () => {
  const node = next++ % 2;
  void chain.kill(node).then(() => chain.start(node));
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void chain.stop().then(() => process.exit(0)));
