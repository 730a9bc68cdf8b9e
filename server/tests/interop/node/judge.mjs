// SPDX-License-Identifier: Apache-2.0
// pkijs as a judge: reads one JSON question per line from standard input, answers one JSON line each.
// {what: "chain", at, leaf, others, trusted, lists, answers}; {what: "list", list, issuer}; {what: "request", leaf, issuer, hash};
// {what: "answer", answer, request, leaf, issuer, trusted}; {what: "stamp", stamp, content, trusted}. Everything is base64 of DER.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import * as pkijs from "pkijs";

pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const certificate = (text) => pkijs.Certificate.fromBER(bytes(text));
const list = (text) => pkijs.CertificateRevocationList.fromBER(bytes(text));
const basic = (text) => {
  const response = pkijs.OCSPResponse.fromBER(bytes(text));
  const content = response.responseBytes;
  return { response, basic: content && pkijs.BasicOCSPResponse.fromBER(content.response.valueBlock.valueHexView) };
};

const judges = {
  async chain({ at, leaf, others, trusted, lists, answers }) {
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: trusted.map(certificate),
      certs: [...others.map(certificate), certificate(leaf)],
      crls: lists.map(list),
      ocsps: answers.map((answer) => basic(answer).basic),
      checkDate: new Date(at),
    });
    const { result, resultCode, resultMessage } = await engine.verify({ passedWhenNotRevValues: false });
    return { good: result, code: resultCode, message: resultMessage };
  },

  async list({ list: given, issuer }) {
    const read = list(given);
    const entries = read.revokedCertificates ?? [];
    return {
      good: await read.verify({ issuerCertificate: certificate(issuer) }),
      serials: entries.map((entry) => Buffer.from(entry.userCertificate.valueBlock.valueHexView).toString("hex")),
    };
  },

  async request({ leaf, issuer, hash }) {
    const request = new pkijs.OCSPRequest();
    await request.createForCertificate(certificate(leaf), { hashAlgorithm: hash, issuerCertificate: certificate(issuer) });
    return { request: Buffer.from(request.toSchema(true).toBER()).toString("base64") };
  },

  async answer({ answer, leaf, issuer, trusted }) {
    const { response, basic: read } = basic(answer);
    const { isForCertificate, status } = await response.getCertificateStatus(certificate(leaf), certificate(issuer));
    const words = ["good", "revoked", "unknown"];
    return {
      good: await read.verify({ trustedCerts: trusted.map(certificate) }),
      status: isForCertificate ? words[status] : "another certificate",
    };
  },

  async stamp({ stamp, content, trusted }) {
    const response = pkijs.TimeStampResp.fromBER(bytes(stamp));
    const data = bytes(content);
    const good = await response.verify({ signer: 0, trustedCerts: trusted.map(certificate), data: data.buffer.slice(0, data.length) });
    return { good };
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
