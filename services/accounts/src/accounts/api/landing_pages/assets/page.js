// The pages of mailed links: each form sends its fields to where its `data-to` says.
import { ask, inSession, onSubmit, say } from "./asking.js";

const parts = [...document.querySelectorAll("[data-for]")];

function show(part) {
  for (const other of parts) other.hidden = other !== part;
  for (const status of document.querySelectorAll('[role="status"]')) status.textContent = "";
  document.title = `${part.querySelector("h1").textContent} – Rowlock`;
}

// Out of the address bar and the history: whoever looks over a shoulder later finds no token.
function takeToken() {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, "", location.pathname);
  for (const field of document.querySelectorAll('[name="token"]')) {
    field.value = token;
    field.parentElement.hidden = token !== "";
  }
  show(parts.find((part) => part.dataset.for === (token ? "link" : "nobody")) ?? parts[0]);
}

async function send(form, { email, password, ...body }, key) {
  const { to } = form.dataset;
  if (body.token) body.token = body.token.trim();
  if ("asAccount" in form.dataset) {
    await inSession({ email, password }, key, (token) => ask("POST", to, { body, key, token }));
  } else {
    await ask("POST", to, { body: email ? { email, ...body } : body, key });
  }
}

function finish(form) {
  const status = form.parentElement.querySelector('[role="status"]');
  form.hidden = true;
  say(form, form.dataset.done);
  for (const next of form.parentElement.querySelectorAll(".next")) next.hidden = false;
  status.focus();
}

for (const form of document.forms) {
  onSubmit(form, async (fields, key) => {
    try {
      await send(form, fields, key);
    } catch (error) {
      // The link may be cut short: then the code can be typed.
      if (error.type === "/problems/link-invalid") form.elements.token.parentElement.hidden = false;
      throw error;
    }
    finish(form);
  });
}
for (const button of document.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => {
    const part = parts.find((other) => other.id === button.dataset.turn);
    show(part);
    part.querySelector("div:not([hidden]) > input").focus();
  });
}
addEventListener("hashchange", takeToken);
takeToken();
