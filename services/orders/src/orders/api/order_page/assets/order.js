import { STATES, heldUntil, lineOf, money, questionOf, refundOf } from "./view.js";

const id = location.pathname.split("/").pop();
const at = (name) => document.getElementById(name);
const ON_ITS_WAY = ["finalizing", "cancelling"];
const PAYING = `paying:${id}`; // set while this tab is away at the payment page
const ARRIVES_WITHIN_MS = 120000;
const DECLINED = "Not paid yet: the card was declined. You can try another one.";
const DECLINED_OR_PAID = `${DECLINED} If you have done so, your payment arrives in a moment …`;
const token = takeToken();
let chosen = {}; // what "Yes, cancel it" is about: a ticket, or none for the whole order; and who asked
let cancellationKey = null;
let isCancelling = false;
let outcome = null;
let lastShown = null;
let paymentKey = null;
let backAt = Date.now();

// Out of the address bar, so that it is not copied along with it; kept for this tab only.
function takeToken() {
  const shown = location.hash.slice(1);
  if (shown) {
    sessionStorage.setItem(id, shown);
    history.replaceState(null, "", location.pathname);
  }
  return shown || sessionStorage.getItem(id);
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");
}

async function ask(path, { method = "GET", body = null, key = null } = {}) {
  const headers = {};
  if (token) headers["Order-Access-Token"] = token;
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch("/api/v1" + path, { method, headers, body: body && JSON.stringify(body) });
  return { ok: answer.ok, status: answer.status, json: await answer.json().catch(() => ({})) };
}

// Once: a screen reader would read the same words again.
function say(text) {
  if (at("status").textContent !== text) at("status").textContent = text;
}

function pendingPayment(order) {
  return order.payments.find((payment) => payment.state === "pending");
}

function showMoney(order) {
  const refunds = order.payments.flatMap((payment) => payment.refunds);
  at("refunds").replaceChildren(...refunds.map(refundOf));
  const isPayable = order.state === "awaiting_payment" && order.total.amount_minor > 0;
  at("held").textContent = heldUntil(order);
  at("held").hidden = !isPayable;
  at("pay").textContent = `Pay ${money(order.total)}`;
  at("pay").hidden = !isPayable;
}

// Only what changed: a button somebody is at keeps the focus, and a question they are asked stays.
function show(order, tickets) {
  const seen = JSON.stringify([order, tickets]);
  if (seen === lastShown) return;
  lastShown = seen;
  const byLine = new Map(tickets.map((ticket) => [ticket.line_id, ticket]));
  const valid = tickets.filter((ticket) => ticket.state === "valid");
  const onCancel = order.state === "confirmed" && valid.length > 1 ? weighTicket : null; // the last one is all
  at("state").textContent = STATES[order.state] || order.state;
  at("total").textContent = money(order.total);
  showMoney(order);
  at("seats").replaceChildren(...order.lines.map((line) => lineOf(line, byLine.get(line.line_id), onCancel)));
  at("cancel").hidden = !["awaiting_payment", "confirmed"].includes(order.state);
  at("sure").hidden = true;
  at("order").hidden = false;
}

async function load() {
  const order = token ? await ask(`/orders/${id}`) : { ok: false, status: 401 };
  if (!order.ok) return refuse(order);
  const tickets = await ask(`/orders/${id}/tickets`);
  show(order.json, tickets.ok ? tickets.json.items : []);
  const arriving = isArriving(order.json);
  say(news(order.json, arriving));
  if (arriving || ON_ITS_WAY.includes(order.json.state)) setTimeout(() => load().catch(fail), 2000);
}

// Back from the payment page: the provider tells us of the money, which may take a moment.
function isArriving(order) {
  const wasAway = sessionStorage.getItem(PAYING) !== null;
  const isAwaited = order.state === "awaiting_payment" && pendingPayment(order);
  if (wasAway && isAwaited && Date.now() - backAt < ARRIVES_WITHIN_MS) return true;
  if (wasAway && order.state !== "awaiting_payment") outcome = "order"; // worth telling
  if (!ON_ITS_WAY.includes(order.state)) sessionStorage.removeItem(PAYING);
  return false;
}

function news(order, arriving) {
  if (pendingPayment(order)?.failure === "declined") return arriving ? DECLINED_OR_PAID : DECLINED;
  if (arriving) return "If you have paid, your payment arrives in a moment …";
  if (outcome === "order") return `The order is ${STATES[order.state]}.`;
  return outcome === "ticket" ? "The ticket is cancelled. The others stay valid." : "";
}

async function pay() {
  paymentKey ??= newKey();
  say("One moment …");
  const answer = await ask(`/orders/${id}/payments`, { method: "POST", key: paymentKey });
  if (answer.status !== 503) paymentKey = null; // asked again with the same key, it goes on where it was
  if (!answer.ok) return fail(answer);
  if (!answer.json.page_url) return load();
  sessionStorage.setItem(PAYING, "yes");
  location.assign(answer.json.page_url);
}

function refuse(answer) {
  at("order").hidden = true;
  if (answer.status === 401 || answer.status === 404) {
    say(token
      ? "This link opens no order any more. If the order belongs to an account, log in to see it."
      : "If you ordered with an account, log in to see the order.");
    at("lost").hidden = false;
  } else {
    fail(answer);
  }
}

function fail(answer) {
  const words = answer.json?.detail || answer.json?.title || "That did not work. Try again in a moment.";
  say(words[0].toUpperCase() + words.slice(1));
}

async function weigh({ ticket, button }) {
  const which = ticket ? `?ticket_id=${ticket.ticket_id}` : "";
  const terms = await ask(`/orders/${id}/cancellation-terms${which}`);
  if (!terms.ok) return fail(terms); // too late, or not now: it says why
  at("sure-text").textContent = questionOf(terms.json, ticket);
  say("");
  cancellationKey = newKey();
  chosen = { ticket, button };
  offer(true);
}

function weighTicket(ticket, button) {
  weigh({ ticket, button }).catch(fail);
}

function offer(sure) {
  at("cancel").hidden = sure;
  at("sure").hidden = !sure;
  (sure ? at("keep") : chosen.button).focus();
}

async function really() {
  if (isCancelling) return; // a double click
  isCancelling = true;
  await cancel().catch(fail);
  isCancelling = false;
}

async function cancel() {
  say("One moment …");
  const { ticket } = chosen;
  const request = { method: "POST", key: cancellationKey, body: ticket && { ticket_ids: [ticket.ticket_id] } };
  const answer = await ask(`/orders/${id}/${ticket ? "cancelled-tickets" : "cancellation"}`, request);
  if (!answer.ok) {
    cancellationKey = newKey();
    return fail(answer);
  }
  outcome = ticket ? "ticket" : "order";
  at("status").focus(); // the button is gone
  await load();
}

async function sendLinks(event) {
  event.preventDefault();
  const body = { email: at("email").value };
  const answer = await ask("/orders/lookups", { method: "POST", key: newKey(), body });
  if (!answer.ok) return fail(answer);
  say("If there are orders of this e-mail, their links are on the way to it.");
}

at("pay").addEventListener("click", () => pay().catch(fail));
at("cancel").addEventListener("click", () => weigh({ button: at("cancel") }).catch(fail));
at("keep").addEventListener("click", () => offer(false));
at("really").addEventListener("click", really);
at("lookup").addEventListener("submit", (event) => sendLinks(event).catch(fail));
addEventListener("pageshow", ({ persisted }) => { // back by the browser's own button
  backAt = Date.now();
  if (persisted) load().catch(fail);
});
addEventListener("hashchange", () => location.reload()); // another link, opened in this tab
load().catch(fail);
