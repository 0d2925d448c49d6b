// Tells, politely, that mails came in since the page was loaded.
const news = document.getElementById("news");
const LOOK_EVERY_MS = 2000;

async function look() {
  const { caught } = await (await fetch("/api/state")).json();
  const fresh = caught - Number(news.dataset.caught);
  if (fresh > 0 && news.dataset.fresh !== String(fresh)) {
    news.dataset.fresh = String(fresh);
    const link = document.createElement("a");
    link.href = "/";
    link.textContent = fresh === 1 ? "1 new mail: show it" : `${fresh} new mails: show them`;
    news.replaceChildren(link);
  }
}

setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);
