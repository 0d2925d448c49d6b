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
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });
const token = takeToken();
let cancellationKey = null;

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

function lineOf({ event_title: title, seat_id: seat, ticket_type: type, price, attendee }, ticket) {
  const who = attendee ? `, for ${attendee.first_name} ${attendee.last_name}` : "";
  const line = made("li", made("strong", `${title}, ${seat}`), made("br"), `${type}, ${money(price)}${who}`);
  if (ticket) line.append(ticketOf(ticket));
  return line;
}

function ticketOf({ starts_at: startsAt, ticket_code: code }) {
  return made("p", moment.format(new Date(startsAt)), made("br"), "Ticket code ", made("code", code));
}

function show(order, tickets) {
  const valid = new Map(tickets.filter((ticket) => ticket.state === "valid").map((ticket) => [ticket.line_id, ticket]));
  at("state").textContent = STATES[order.state] || order.state;
  at("total").textContent = money(order.total);
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
  say(cancellationKey ? `The order is ${STATES[order.json.state]}.` : "");
  if (ON_ITS_WAY.includes(order.json.state)) setTimeout(() => load().catch(fail), 2000);
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

at("cancel").addEventListener("click", () => offer(true));
at("keep").addEventListener("click", () => offer(false));
at("really").addEventListener("click", () => cancel().catch(fail));
at("lookup").addEventListener("submit", (event) => sendLinks(event).catch(fail));
addEventListener("hashchange", () => location.reload()); // another link, opened in this tab
load().catch(fail);
