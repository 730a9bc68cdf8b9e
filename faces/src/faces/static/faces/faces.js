// SPDX-License-Identifier: Apache-2.0
// Comfort on top of pages that work without it: focus on errors, visible passwords, one submission, waiting pages.

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// The error summary takes the focus, its links lead into the field.
each('[data-module="govuk-error-summary"]', (summary, index) => {
  summary.setAttribute("tabindex", "-1");
  if (index === 0) summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const heading = field.closest("fieldset")?.querySelector("legend") ?? document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    (heading ?? field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
});

// A message of success that says so at once to a screen reader.
each('[data-module="govuk-notification-banner"][role="alert"]', (banner) => {
  if (document.querySelector('[data-module="govuk-error-summary"]')) return;
  banner.setAttribute("tabindex", "-1");
  banner.focus();
});

each('[data-module="govuk-password-input"]', (wrapper) => {
  const input = wrapper.querySelector("input");
  const button = wrapper.querySelector("button");
  const status = document.createElement("div");
  status.className = "govuk-visually-hidden";
  status.setAttribute("aria-live", "polite");
  button.after(status);
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? wrapper.dataset.hide : wrapper.dataset.show;
    button.setAttribute("aria-label", visible ? wrapper.dataset.hideLabel : wrapper.dataset.showLabel);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    status.textContent = input.type === "text" ? wrapper.dataset.shown : wrapper.dataset.hidden;
  });
  // A visible password must not be sent as text, or browsers would keep it among the words typed before.
  input.form?.addEventListener("submit", () => show(false));
});

// Links that look like buttons answer to the space bar as buttons do.
each('a[role="button"]', (link) =>
  link.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    link.click();
  }));

// What must not happen twice is not sent twice by an impatient finger.
each("[data-prevent-double-click]", (button) => {
  let last = 0;
  button.addEventListener("click", (event) => {
    const now = Date.now();
    if (now - last < 1000) event.preventDefault();
    last = now;
  });
});

// A waiting page asks for the state and reloads when it has changed.
each('[data-module="faces-poll"]', (panel) => {
  const { url, state, seconds } = panel.dataset;
  if (!url) return;
  const ask = async () => {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok || (await answer.json()).state !== state) {
        location.reload();
        return;
      }
    } catch {
      // No network for a moment: the next question may get through.
    }
    setTimeout(ask, Number(seconds) * 1000);
  };
  setTimeout(ask, Number(seconds) * 1000);
});

// Two minutes before a session ends for want of activity, its holder is asked (WCAG 2.2, 2.2.1). What was typed stays.
each('dialog[data-module="faces-session-timer"]', (dialog) => {
  const seconds = Number(dialog.dataset.seconds);
  const text = dialog.querySelector("[data-text]");
  const question = text.textContent;
  const stay = dialog.querySelector("[data-stay]");
  let timers = [];
  const end = () => {
    text.textContent = dialog.dataset.ended;
    stay.hidden = true;
  };
  const start = () => {
    timers.forEach(clearTimeout);
    text.textContent = question;
    timers = [
      setTimeout(() => dialog.open || dialog.showModal(), Math.max(seconds - 120, 0) * 1000),
      setTimeout(end, seconds * 1000),
    ];
  };
  const keep = async () => {
    try {
      const answer = await fetch(dialog.dataset.keep, { cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      dialog.close();
      start();
    } catch {
      end();
    }
  };
  stay.addEventListener("click", keep);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (!stay.hidden) keep();
  });
  start();
});

// Whoever changes the language in the middle of a page finds there again what he typed; passwords and codes are not kept.
const typed = "faces-typed";
let storage = null;
try {
  storage = window.sessionStorage;
} catch {
  // A browser that keeps nothing for this site.
}
const fields = () => [...document.querySelectorAll("main form :is(input, select, textarea)")].filter((field) =>
  field.name && !["hidden", "password", "file", "submit"].includes(field.type)
  && !field.classList.contains("govuk-input--code"));

each(".faces-languages a", (link) =>
  link.addEventListener("click", () =>
    storage?.setItem(typed, JSON.stringify({
      path: location.pathname,
      values: fields().map((field) => [field.name, field.type, field.value, field.checked]),
    }))));

const kept = JSON.parse(storage?.getItem(typed) ?? "null");
storage?.removeItem(typed);
if (kept?.path === location.pathname) {
  const present = fields();
  kept.values.forEach(([name, type, value, checked], index) => {
    const field = present[index];
    if (field?.name !== name || field.type !== type) return;
    if (["radio", "checkbox"].includes(type)) field.checked = checked;
    else field.value = value;
  });
}

// How many seconds are left; at the end the page is asked anew, as it is by itself where no script runs.
each('[data-module="faces-countdown"]', (line) => {
  const end = Date.now() + Number(line.dataset.seconds) * 1000;
  const place = line.querySelector("[data-left]");
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    place.textContent = String(left);
    if (left > 0) setTimeout(tick, 500);
    else setTimeout(() => location.reload(), 1000);
  };
  tick();
});

each("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
