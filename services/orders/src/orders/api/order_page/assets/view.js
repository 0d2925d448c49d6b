// What the page shows of an order: words and elements. It asks for nothing and remembers nothing.

export const STATES = {
  awaiting_payment: "waiting for its payment",
  finalizing: "being confirmed",
  confirmed: "confirmed",
  cancelling: "being cancelled",
  cancelled: "cancelled",
  expired: "expired: it was not paid in time",
  refunded: "over: the seats could not be given, and your money goes back",
};
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
  order_cancelling: "the order had been cancelled",
  order_cancelled: "the order had been cancelled",
  order_refunded: "the order was over",
  order_erased: "the order had been erased",
  person_limit_reached: "a person has as many tickets of the event as one may",
};
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

export function money({ amount_minor: minor, currency }) {
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

function placeOf({ event_title: title, seat_id: seat }) {
  return `${title}, ${seat}`;
}

// `onCancel(ticket, button)` is there where a buyer may give this ticket back and keep others.
export function lineOf(line, ticket, onCancel) {
  const { seat_id: seat, ordered_seat_id: ordered, ticket_type: type, price, attendee } = line;
  const who = attendee ? `, for ${attendee.first_name} ${attendee.last_name}` : "";
  const item = made("li", made("strong", placeOf(line)), made("br"), `${type}, ${money(price)}${who}`);
  if (ordered) item.append(exchangeOf(ordered, seat));
  if (ticket?.state === "voided") item.append(made("p", "This ticket is void."));
  if (ticket?.state === "valid") item.append(ticketOf(ticket));
  if (ticket?.state === "valid" && onCancel) item.append(cancelButtonOf(ticket, onCancel));
  return item;
}

function exchangeOf(ordered, seat) {
  return made("p", `You ordered ${ordered}; it was gone when your payment arrived, so you have ${seat}.`);
}

function ticketOf({ starts_at: startsAt, ticket_code: code }) {
  return made("p", moment.format(new Date(startsAt)), made("br"), "Ticket code ", made("code", code));
}

function cancelButtonOf(ticket, onCancel) {
  const button = made("button", "Cancel this ticket");
  button.type = "button";
  button.setAttribute("aria-label", `Cancel this ticket: ${placeOf(ticket)}`);
  button.addEventListener("click", () => onCancel(ticket, button));
  return button;
}

export function refundOf({ amount, state, reason }) {
  const why = REFUND_REASONS[reason] ? `: ${REFUND_REASONS[reason]}` : "";
  return made("li", `${money(amount)} ${REFUND_STATES[state] || "on its way back to you"}${why}`);
}

// Empty when that time is over: whoever pays then is told whether it is too late.
export function heldUntil({ holds_expire_at: until }) {
  const ends = new Date(until);
  return ends > new Date() ? `Your seats are held until ${clock.format(ends)}.` : "";
}

// What a buyer is asked before it is done: of one ticket, or of the whole order.
export function questionOf(terms, ticket) {
  const what = ticket ? `${placeOf(ticket)}: this ticket becomes void` : "All its tickets become void";
  return `${sharesOf(terms)}${what}. This cannot be undone.`;
}

function sharesOf({ refund, fee, holds_until: until }) {
  if (refund.amount_minor + fee.amount_minor === 0) return "";
  const kept = fee.amount_minor ? `, ${money(fee)} is kept` : "";
  const held = until ? ` This holds until ${moment.format(new Date(until))}.` : "";
  return `${money(refund)} goes back to you${kept}.${held} `;
}
