// What all these pages share: a form that is sent as JSON, and words for what came of it. No token is kept
// anywhere but in the variables of whoever asked.

const AGAIN = "Try again in a moment.";

// The API said no; `message` is for people.
export class Refused extends Error {
  constructor(status, problem) {
    super(wordsFor(problem));
    this.status = status;
    this.type = problem.type;
  }
}

function wordsFor({ title, detail, errors, retry_after_s: wait }) {
  if (wait > 90) return `Too many tries. Try again in ${Math.ceil(wait / 60)} minutes.`;
  if (wait) return `Too many tries. Try again in ${wait} seconds.`;
  if (errors) return `This cannot be right: ${errors.map(({ field }) => labelOf(field)).join(", ")}.`;
  return detail || title || `That did not work. ${AGAIN}`;
}

function labelOf(field) {
  return document.getElementsByName(field)[0]?.labels[0]?.textContent ?? field;
}

// The JSON of the answer, or null. Rejects with Refused, or with a TypeError where no answer came.
export async function ask(method, path, { body, key, token } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = `${key}.${method}${path}`;
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  return answer.status === 204 ? null : answer.json();
}

// `work(token)` within a session that ends with it: nothing stays logged in on a device that is lent.
// The access token itself is good for some minutes more.
export async function inSession(credentials, key, work) {
  const { access_token: token } = await ask("POST", "/api/v1/sessions", { body: credentials, key });
  try {
    return await work(token);
  } finally {
    await ask("DELETE", "/api/v1/sessions/current", { key, token }).catch(() => {});
  }
}

export function wordsOf(error) {
  return error instanceof Refused ? error.message : `There is no connection. ${AGAIN}`;
}

export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");
}

// Announced by screen readers: each form has a status beside it.
export function say(form, text) {
  form.parentElement.querySelector('[role="status"]').textContent = text;
}

// `send(fields, key)` does what the form is for. Without an answer, the same key makes the next try the
// same request; the button stays enabled, so that the focus is not lost.
export function onSubmit(form, send) {
  let key = newKey();
  let busy = false;
  form.addEventListener("submit", async (submission) => {
    submission.preventDefault();
    if (busy) return;
    busy = true;
    say(form, "One moment…");
    try {
      await send(Object.fromEntries(new FormData(form)), key);
      key = newKey();
    } catch (error) {
      if (error instanceof Refused) key = newKey();
      say(form, wordsOf(error));
    }
    busy = false;
  });
}
