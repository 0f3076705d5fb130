import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { cloudApi } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import { Pool } from "pg";
import { BookingsController } from "./bookings.controller";
import { DeskModule, mountDesk } from "./desk.module";

const {
  DATABASE_URL = "",
  WHATSAPP_TOKEN = "",
  APP_SECRET = "",
  VERIFY_TOKEN = "",
  STAFF_TOKEN = "",
  PORT = "3000",
} = process.env;

const pool = new Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000 });
// Without a listener a database that restarts ends this process.
pool.on("error", (error) => console.error(error.message));

@Module({
  imports: [
    DeskModule.with({
      hotels: [
        {
          id: "grand",
          timeZone: "Europe/Rome",
          numbers: [{ phoneNumberId: "200000000000001", accessToken: WHATSAPP_TOKEN }],
          departments: [{ id: "reception", name: "Reception" }],
        },
      ],
      storage: postgresStorage(pool),
      transport: cloudApi(),
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      logger: console,
    }),
  ],
  controllers: [BookingsController],
})
class HotelModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(HotelModule);
  const isFrontDesk = (token: string | undefined) => STAFF_TOKEN !== "" && token === STAFF_TOKEN;
  mountDesk(
    app,
    (token) =>
      isFrontDesk(token) ? { kind: "staff", id: "front-desk", role: "agent", hotels: { grand: "all" } } : null,
    [`http://127.0.0.1:${PORT}`],
  );
  app.enableShutdownHooks(); // so that SIGTERM stops the desk
  await app.listen(Number(PORT), "127.0.0.1");
}
void main();
