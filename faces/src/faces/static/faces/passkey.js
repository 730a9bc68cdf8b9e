// SPDX-License-Identifier: Apache-2.0
// Asks the browser for a passkey, to make one or to log in, and sends what it answers with the page's own form.

const octets = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const described = (list) => (list ?? []).map((one) => ({ ...one, id: octets(one.id) }));

const make = (options) => navigator.credentials.create({
  publicKey: {
    ...options,
    challenge: octets(options.challenge),
    user: { ...options.user, id: octets(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  },
});

const use = (options) => navigator.credentials.get({
  publicKey: {
    ...options,
    challenge: octets(options.challenge),
    allowCredentials: described(options.allowCredentials),
  },
});

const answered = (credential) => {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    parts.attestationObject = text(response.attestationObject);
    parts.transports = response.getTransports?.() ?? [];
  } else {
    parts.authenticatorData = text(response.authenticatorData);
    parts.signature = text(response.signature);
    if (response.userHandle) parts.userHandle = text(response.userHandle);
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts, clientExtensionResults: {},
  });
};

document.querySelectorAll('form[data-module="faces-passkey"]').forEach((form) => {
  const { kind, options, unsupported, refused, known, elsewhere } = form.dataset;
  const button = form.querySelector("[data-start]");
  const message = form.querySelector("[data-message]");
  const name = form.querySelector("input[name=name]");
  const sentences = { InvalidStateError: known, SecurityError: elsewhere, NotSupportedError: unsupported };
  if (!window.PublicKeyCredential || !window.isSecureContext) {
    message.textContent = unsupported;
    return;
  }
  button.hidden = false;
  const ask = async () => {
    message.textContent = "";
    if (name && !name.value.trim()) {
      form.requestSubmit();
      return;
    }
    button.disabled = true;
    try {
      const wanted = JSON.parse(options);
      const credential = await (kind === "make" ? make(wanted) : use(wanted));
      form.querySelector("input[name=answer]").value = answered(credential);
      form.requestSubmit();
    } catch (error) {
      message.textContent = sentences[error.name] ?? refused;
      button.disabled = false;
    }
  };
  button.addEventListener("click", ask);
  // The enter key in the field does what the button does.
  name?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    ask();
  });
});
