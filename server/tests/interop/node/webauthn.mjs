// SPDX-License-Identifier: Apache-2.0
// A second verifier of passkeys: @simplewebauthn/server judges what our own verification judged. One question a line.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

// Node 18 has Web Cryptography, but not yet under this name.
globalThis.crypto ??= webcrypto;
const { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } = await import("@simplewebauthn/server");

const judges = {
  async registration({ response, challenge, origin, rpId, roots }) {
    SettingsService.setRootCertificates({ identifier: "packed", certificates: roots ?? [] });
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rpId, requireUserVerification: true,
      supportedAlgorithmIDs: [-7, -8, -35, -257],
    });
    if (!verified) return { good: false, message: "not verified" };
    return {
      good: true,
      id: registrationInfo.credential.id,
      publicKey: Buffer.from(registrationInfo.credential.publicKey).toString("base64url"),
      counter: registrationInfo.credential.counter,
      aaguid: registrationInfo.aaguid,
      format: registrationInfo.fmt,
      device: registrationInfo.credentialDeviceType,
      backedUp: registrationInfo.credentialBackedUp,
    };
  },

  async login({ response, challenge, origin, rpId, credential }) {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rpId, requireUserVerification: true,
      credential: { ...credential, publicKey: Buffer.from(credential.publicKey, "base64url") },
    });
    return { good: verified, counter: authenticationInfo?.newCounter };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  try {
    console.log(JSON.stringify(await judges[question.what](question)));
  } catch (error) {
    console.log(JSON.stringify({ good: false, message: String(error?.message ?? error) }));
  }
}
