export { webSocketGateway } from "./gateway.js";
export type { UpgradeServer, WebSocketGateway, WebSocketGatewayOptions } from "./gateway.js";
