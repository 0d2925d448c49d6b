"use strict";

const id = location.pathname.split("/").pop();
const at = (name) => document.getElementById(name);
const STATES = {
  awaiting_payment: "waiting for its payment",
  finalizing: "being confirmed",
  confirmed: "confirmed",
  cancelling: "being cancelled",
  cancelled: "cancelled",
  expired: "expired: it was not paid in time",
  refunded: "over: the seats could not be given, and your money goes back",
};
const ON_ITS_WAY = ["finalizing", "cancelling"];
const REFUND_STATES = { settled: "paid back", failed: "owed to you: we are looking into it" };
const REFUND_REASONS = {
  seats_taken: "the seats were sold to others meanwhile",
  hold_unknown: "the seats could not be given",
  hold_released: "the seats had been given up",
  event_cancelled: "the event was cancelled",
  cancelled_by_buyer: "you cancelled",
  tickets_cancelled: "you gave tickets back",
  amount_differs: "it was not what the order costs",
  currency_differs: "it came in another currency",
  captured_twice: "it was taken twice",
  paid_twice: "the order was paid twice",
  person_limit_reached: "a person has as many tickets of the event as one may",
};
const PAYING = `paying:${id}`; // set while this tab is away at the payment page
const ARRIVES_WITHIN_MS = 120000;
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });
const token = takeToken();
let cancellationKey = null;
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

function say(text) {
  at("status").textContent = text;
}

function money({ amount_minor: minor, currency }) {
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

function lineOf({ event_title: title, seat_id: seat, ordered_seat_id: ordered, ticket_type: type, price, attendee }, ticket) {
  const who = attendee ? `, for ${attendee.first_name} ${attendee.last_name}` : "";
  const line = made("li", made("strong", `${title}, ${seat}`), made("br"), `${type}, ${money(price)}${who}`);
  if (ordered) line.append(exchangeOf(ordered, seat));
  if (ticket) line.append(ticketOf(ticket));
  return line;
}

function exchangeOf(ordered, seat) {
  return made("p", `You ordered ${ordered}; it was gone when your payment arrived, so you have ${seat}.`);
}

function ticketOf({ starts_at: startsAt, ticket_code: code }) {
  return made("p", moment.format(new Date(startsAt)), made("br"), "Ticket code ", made("code", code));
}

function refundOf({ amount, state, reason }) {
  const why = REFUND_REASONS[reason] ? `: ${REFUND_REASONS[reason]}` : "";
  return made("li", `${money(amount)} ${REFUND_STATES[state] || "on its way back to you"}${why}`);
}

function pendingPayment(order) {
  return order.payments.find((payment) => payment.state === "pending");
}

function showMoney(order) {
  const refunds = order.payments.flatMap((payment) => payment.refunds);
  at("refunds").replaceChildren(...refunds.map(refundOf));
  at("declined").hidden = pendingPayment(order)?.failure !== "declined";
  at("pay").hidden = order.state !== "awaiting_payment" || order.total.amount_minor === 0;
}

function show(order, tickets) {
  const valid = new Map(tickets.filter((ticket) => ticket.state === "valid").map((ticket) => [ticket.line_id, ticket]));
  at("state").textContent = STATES[order.state] || order.state;
  at("total").textContent = money(order.total);
  showMoney(order);
  at("seats").replaceChildren(...order.lines.map((line) => lineOf(line, valid.get(line.line_id))));
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
  const isAwaited = order.state === "awaiting_payment" && pendingPayment(order)?.failure === null;
  if (wasAway && isAwaited && Date.now() - backAt < ARRIVES_WITHIN_MS) return true;
  if (!ON_ITS_WAY.includes(order.state)) sessionStorage.removeItem(PAYING);
  return false;
}

function news(order, arriving) {
  if (arriving) return "If you have paid, your payment arrives in a moment …";
  return cancellationKey ? `The order is ${STATES[order.state]}.` : "";
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
  say(answer.json?.detail || answer.json?.title || "That did not work. Try again in a moment.");
}

const NO_WAY_BACK = "All its tickets become void. This cannot be undone.";

function termsOf({ refund, fee, holds_until: until }) {
  if (refund.amount_minor + fee.amount_minor === 0) return "";
  const kept = fee.amount_minor ? `, ${money(fee)} is kept` : "";
  const held = until ? ` This holds until ${moment.format(new Date(until))}.` : "";
  return `${money(refund)} goes back to you${kept}.${held} `;
}

async function weigh() {
  const terms = await ask(`/orders/${id}/cancellation-terms`);
  if (!terms.ok) return fail(terms); // too late, or not now: it says why
  at("sure-text").textContent = termsOf(terms.json) + NO_WAY_BACK;
  say("");
  offer(true);
}

function offer(sure) {
  at("cancel").hidden = sure;
  at("sure").hidden = !sure;
  at(sure ? "keep" : "cancel").focus();
}

async function cancel() {
  cancellationKey ??= newKey();
  say("One moment …");
  const answer = await ask(`/orders/${id}/cancellation`, { method: "POST", key: cancellationKey });
  if (!answer.ok) {
    cancellationKey = null;
    return fail(answer);
  }
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
at("cancel").addEventListener("click", () => weigh().catch(fail));
at("keep").addEventListener("click", () => offer(false));
at("really").addEventListener("click", () => cancel().catch(fail));
at("lookup").addEventListener("submit", (event) => sendLinks(event).catch(fail));
addEventListener("pageshow", ({ persisted }) => { // back by the browser's own button
  backAt = Date.now();
  if (persisted) load().catch(fail);
});
addEventListener("hashchange", () => location.reload()); // another link, opened in this tab
load().catch(fail);
