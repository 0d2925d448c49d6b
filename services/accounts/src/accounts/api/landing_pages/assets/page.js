// One form: sends its fields as JSON to where `data-to` says, and says what came of it.
"use strict";

const form = document.querySelector("form");
const words = document.querySelector('[role="status"]');
const button = form.querySelector("button");
let key = newKey();

// Out of the address bar and the history: whoever looks over a shoulder later finds no token.
form.elements.token.value = decodeURIComponent(location.hash.slice(1));
if (location.hash) history.replaceState(null, "", location.pathname);

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");
}

// Rejects with a TypeError where no answer came: then the same key makes the next try the same request.
async function ask(method, path, body, more) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": `${key}.${method}${path}`, ...more };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || problem.title || "That did not work. Try again in a moment.");
}

async function send() {
  const { token, email, password, ...rest } = Object.fromEntries(new FormData(form));
  const body = { token: token.trim(), ...rest };
  if (!("asAccount" in form.dataset)) return ask("POST", form.dataset.to, body);
  const session = await ask("POST", "/api/v1/sessions", { email, password });
  const me = { Authorization: `Bearer ${session.access_token}` };
  try {
    await ask("POST", form.dataset.to, body, me);
  } finally {
    await ask("DELETE", "/api/v1/sessions/current", undefined, me).catch(() => {});
  }
}

form.addEventListener("submit", async (submission) => {
  submission.preventDefault();
  button.disabled = true;
  words.textContent = "One moment…";
  try {
    await send();
    form.hidden = true;
    words.textContent = form.dataset.done;
  } catch (error) {
    const answered = !(error instanceof TypeError);
    if (answered) key = newKey();
    words.textContent = answered ? error.message : "There is no connection. Try again in a moment.";
    button.disabled = false;
  }
});
