export { openTelemetry } from "./telemetry.js";
export type { OpenTelemetryOptions } from "./telemetry.js";
