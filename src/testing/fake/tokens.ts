import { createHmac } from "node:crypto";
import type { Refusal } from "./graph-error.js";

/** Whose calls the fake takes. */
export interface TokenOptions {
  /** The tokens that are accepted; any by default, until it is revoked. */
  readonly tokens?: readonly string[];
  /** Whether each call has to prove that it knows the app's secret ("Require App Secret"); false by default. */
  readonly requiresProof?: boolean;
}

/** Who may call. */
export interface Tokens {
  accept(token: string): void;
  revoke(token: string): void;
  /**
   * @param proof `appsecret_proof` of the query
   * @param asApp whether the app alone may
   * @returns null when the caller may
   */
  check(authorization: string | undefined, proof: string | null, asApp: boolean): Refusal | null;
  /** Whether a call with this token is answered. */
  isValid(token: string): boolean;
}

/** @param appToken `{app id}|{app secret}` as it is now */
export function tokens(
  { tokens: given, requiresProof = false }: TokenOptions,
  appSecret: string,
  appToken: () => string,
): Tokens {
  const accepted = given === undefined ? null : new Set(given);
  const revoked = new Set<string>();
  const isValid = (token: string): boolean => !revoked.has(token) && accepted?.has(token) !== false;
  return {
    isValid,
    accept(token) {
      revoked.delete(token);
      accepted?.add(token);
    },
    revoke(token) {
      revoked.add(token);
      accepted?.delete(token);
    },
    check(authorization, proof, asApp) {
      const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
      if (asApp) return token === appToken() ? null : { code: 190 };
      if (token === undefined || !isValid(token)) return { code: 190 };
      if (proof === null)
        return requiresProof
          ? { code: 100, details: "API calls from the server require an appsecret_proof argument." }
          : null;
      return proof === createHmac("sha256", appSecret).update(token).digest("hex")
        ? null
        : { code: 100, details: "Invalid appsecret_proof provided in the API argument." };
    },
  };
}
