// SPDX-License-Identifier: Apache-2.0
// openid-client as a partner's program that asks for a confirmation (RFC 9396). First question: {issuer, client, key, kid, redirect,
// details}, answered with the address for the browser; second: {back}, answered with what was confirmed and the ID token's claims.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);

const { issuer, client: id, key, kid, redirect, details } = await next();
const imported = await webcrypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const config = await client.discovery(new URL(issuer), id, undefined, client.PrivateKeyJwt({ key: imported, kid }), {
  execute: [client.allowInsecureRequests],
});
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const pushed = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: redirect, scope: "openid", state: expectedState, nonce: expectedNonce, authorization_details: JSON.stringify(details),
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
});
console.log(JSON.stringify({ pushed: pushed.href }));
const { back } = await next();
const tokens = await client.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier, expectedState, expectedNonce });
console.log(JSON.stringify({ details: tokens.authorization_details, claims: tokens.claims() }));
process.exit(0);
