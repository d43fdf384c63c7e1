// Serves this device from what it keeps, where the server does not answer: files as they are, and the pages that the
// server has marked, for the one person who prepared the device, or who has opened it by his PIN. Nothing else is ever kept,
// and no answer to a sending.
import { copyOf, keepCopy, whose } from "./people.js";

const FILES = "files";
const LIMIT = 4_000;  // ms without an answer after which the copy is shown
const PATIENCE = 60_000;  // ms that a form waits for its answer
const HOME = "/device", DOOR = "/device/unlock";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && request.mode === "navigate") event.respondWith(sent(request, url));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(shown(request, url));
});

/** A file bears its hash in its name: what is kept of it is it. Of those that nobody prepared nothing is kept. */
async function file(request) {
  return (await caches.match(request, { cacheName: FILES })) ?? fetch(request);
}

const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** The page of the server; where none comes in time, the copy; where there is none, what this device has. */
async function shown(request, url) {
  const asked = fetch(request).then((answer) => (isOurs(answer) ? keep(url, answer).catch(() => answer) : null), () => null);
  const copy = await copied(url);
  const answer = await (copy ? Promise.race([asked, later(LIMIT)]) : asked);
  return answer ?? copy ?? (await copied(new URL(HOME, location.origin), "missing")) ?? Response.error();
}

/** The answer to a form; where none comes, the copy of its page, which keeps what was sent until the server is there. */
async function sent(request, url) {
  const copy = await copied(url, "unsent");
  if (!copy) return fetch(request);
  const answer = await Promise.race([fetch(request).catch(() => null), later(PATIENCE)]);
  return answer && (answer.type === "opaqueredirect" || answer.headers.has("X-Request-Id")) ? answer : copy;
}

/** A proxy that finds no server behind it answers for it. */
const isOurs = (answer) => answer.status < 502 || answer.headers.has("X-Request-Id");

/** Keep a page anew that is kept already; any other page is only passed on. */
async function keep(url, answer) {
  const same = answer.headers.get("Amagara-Keep"), user = same?.split("-")[0], path = url.pathname;
  const kept = user ? await caches.match(path, { cacheName: `pages-${user}` }) : null;
  if (kept && answer.ok && same === kept.headers.get("Amagara-Keep") && !url.search) {
    const copy = answer.clone(), headers = Object.fromEntries(answer.headers);
    await take(await answer.clone().text());
    await keepCopy(await caches.open(`pages-${user}`), user, path, copy, { ...headers, "Amagara-Title": kept.headers.get("Amagara-Title"), "Amagara-Kept": Date.now() });
  }
  return answer;
}

/** Take along the files that a page names: after an update they are others. */
async function take(text) {
  const files = await caches.open(FILES);
  for (const [, url] of text.matchAll(/"(\/static\/[^"#]+)/g)) if (!(await files.match(url))) await files.add(url);
}

/** The copy of a page, which says so and since when, and what is the matter: the page that was asked for is "missing" here, or
 * the form that was sent from it is "unsent". While the device is shut it is the door of it. */
async function copied(url, matter = "") {
  const user = await whose();
  if (user === null) return (await caches.match(DOOR, { cacheName: FILES })) ?? null;
  const found = await copyOf(user, url.pathname).catch(() => null);
  if (!found) return null;
  const said = `<body data-kept-at="${found.headers.get("Amagara-Kept")}"${matter && ` data-${matter}="1"`} `;
  return new Response((await found.text()).replace("<body ", said), { status: 200, headers: found.headers });
}
