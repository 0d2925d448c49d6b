// Log in, take over the orders one placed as a guest, see all of one's orders with their tickets, and pay.
import { Refused, ask, inSession, newKey, onSubmit, say, wordsOf } from "./asking.js";

const STATES = {
  awaiting_payment: "Waiting for its payment",
  finalizing: "Being confirmed",
  confirmed: "Confirmed",
  cancelling: "Being cancelled",
  cancelled: "Cancelled",
  expired: "Expired: it was not paid in time",
  refunded: "Over: the seats could not be given, and the money goes back",
};
const form = document.querySelector("form");
const list = document.getElementById("orders");
const older = document.getElementById("older");
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });
let accessToken = null;
let cursor = null;

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

function money({ amount_minor: minor, currency }) {
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function lineOf({ event_title: title, seat_id: seat, ticket_type: type, price, attendee }) {
  const who = attendee ? `, for ${attendee.first_name} ${attendee.last_name}` : "";
  return made("li", made("strong", `${title}, ${seat}`), made("br"), `${type}, ${money(price)}${who}`);
}

function ticketOf({ starts_at: startsAt, ticket_code: code }) {
  return made("p", moment.format(new Date(startsAt)), made("br"), "Ticket code ", made("code", code));
}

async function addTickets(order, lines) {
  const { items } = await ask("GET", `/api/v1/orders/${order.order_id}/tickets`, { token: accessToken });
  for (const ticket of items.filter(({ state }) => state === "valid")) lines.get(ticket.line_id)?.append(ticketOf(ticket));
}

// The seats of an order, folded; its tickets are asked for when somebody opens it.
function seatsOf(order) {
  const lines = new Map(order.lines.map((line) => [line.line_id, lineOf(line)]));
  const count = lines.size === 1 ? "1 seat" : `${lines.size} seats`;
  const details = made("details", made("summary", count), made("ul", ...lines.values()));
  let asked = order.state !== "confirmed";
  details.addEventListener("toggle", () => {
    if (asked) return;
    asked = true;
    addTickets(order, lines).catch((error) => {
      asked = false;
      details.open = false;
      complain(error);
    });
  });
  return details;
}

// To the payment page, which leads back to this one. Without an answer, the same key goes on where it was.
async function pay(order, key) {
  say(form, "One moment…");
  const body = { return_url: "/account/orders" };
  const path = `/api/v1/orders/${order.order_id}/payments`;
  const payment = await ask("POST", path, { body, key, token: accessToken });
  if (payment.page_url) location.assign(payment.page_url);
  else say(form, "The payment has ended. Log in again to see the order.");
}

function payButtonOf(order, titles) {
  const words = `Pay ${money(order.total)}`;
  const button = made("button", words);
  button.type = "button";
  button.setAttribute("aria-label", `${words} for ${titles}`);
  let key = newKey();
  button.addEventListener("click", () => {
    pay(order, key).catch((error) => {
      if (error instanceof Refused && error.status !== 503) key = newKey();
      complain(error);
    });
  });
  return button;
}

function entryOf(order) {
  const titles = [...new Set(order.lines.map((line) => line.event_title))].join(", ");
  const words = `${STATES[order.state] ?? order.state}. ${money(order.total)}, ordered on ${day.format(new Date(order.placed_at))}.`;
  const entry = made("li", made("h2", titles), made("p", words), seatsOf(order));
  const isPayable = order.state === "awaiting_payment" && order.total.amount_minor > 0;
  if (isPayable) entry.append(payButtonOf(order, titles));
  return entry;
}

async function showPage() {
  const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await ask("GET", `/api/v1/orders?limit=20${from}`, { token: accessToken });
  const entries = page.items.map(entryOf);
  cursor = page.next_cursor;
  list.append(...entries);
  older.hidden = !cursor;
  return entries;
}

// As many as there are: one request takes over a limited number.
async function claim(key) {
  let claimed = 0;
  for (let more = true, request = 0; more; request += 1) {
    const answer = await ask("POST", "/api/v1/orders/claims", { key: `${key}.${request}`, token: accessToken });
    claimed += answer.order_ids.length;
    more = answer.more && answer.order_ids.length > 0;
  }
  return claimed;
}

function wordsFor(claimed, shown) {
  if (claimed === 1) return "One order that was made without an account is yours now.";
  if (claimed) return `${claimed} orders that were made without an account are yours now.`;
  return shown ? "These are your orders. There was none to add." : "You have no orders, and there is none to add.";
}

// Somebody's login has run out, or it did not work: back to the form, with the words.
function complain(error) {
  const over = error instanceof Refused && error.status === 401;
  if (over) form.hidden = false;
  say(form, over ? "Your login has run out. Log in again." : wordsOf(error));
  form.parentElement.querySelector('[role="status"]').focus();
}

onSubmit(form, async (credentials, key) => {
  cursor = null;
  list.replaceChildren();
  await inSession(credentials, key, async (token) => {
    accessToken = token;
    const claimed = await claim(key);
    const shown = await showPage();
    form.reset();
    form.hidden = true;
    list.hidden = false;
    say(form, wordsFor(claimed, shown.length));
    form.parentElement.querySelector('[role="status"]').focus();
  });
});
older.addEventListener("click", () => {
  showPage().then(([first]) => first?.querySelector("summary").focus(), complain);
});
