// SPDX-License-Identifier: Apache-2.0
// openid-client as a partner's program that proves itself with a key. One JSON question on standard input: {issuer, client, key, kid,
// algorithm, redirect}; one JSON answer: what a pushed request and a code that nobody has led to.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const kinds = { ES256: { name: "ECDSA", namedCurve: "P-256" }, PS256: { name: "RSA-PSS", hash: "SHA-256" } };

const said = async (action) => {
  try {
    return await action();
  } catch (error) {
    return error.error ?? (error.status === 401 ? (await error.response.json()).error : String(error.message ?? error));
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const { issuer, client: id, key, kid, algorithm, redirect } = JSON.parse(line);
  const proof = client.PrivateKeyJwt({ key: await webcrypto.subtle.importKey("jwk", key, kinds[algorithm], false, ["sign"]), kid });
  const config = await client.discovery(new URL(issuer), id, undefined, proof, { execute: [client.allowInsecureRequests] });
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const pushed = await said(async () => (await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: redirect, scope: "openid profile", state, nonce: client.randomNonce(),
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  })).href);
  const back = new URL(`${redirect}?code=nobodys&state=${state}&iss=${encodeURIComponent(issuer)}`);
  const redeemed = await said(() => client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state }));
  console.log(JSON.stringify({ pushed, redeemed }));
}
