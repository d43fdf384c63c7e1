// What waits on this device: forms that were filled in without a network, kept until the server has them. Each bears the
// key of its sending, so that the server takes it once, however often it comes. One person's are sent in his session alone.
import { within } from "./base.js";
import { all, now, say, toast } from "./dom.js";
import { changePerson, DAY, dropPerson, everybody, hex, isOpen, isSealed, lines, person, shut, sign } from "./people.js";

export const user = document.body.dataset.user;

/** Whether this device keeps pages of this person. */
export const prepared = async () => Boolean(user && "caches" in window && await caches.match("/device", { cacheName: `pages-${user}` }));

export const waiting = async () => (await within("queue", "readonly", (queue) => queue.getAll())).sort((one, other) => one.turn - other.turn);
export const mine = async () => (await waiting()).filter((item) => item.user === user);
const others = "BroadcastChannel" in window ? new BroadcastChannel("queue") : null;  // the other tabs show it too
const change = async (act) => { await within("queue", "readwrite", act); others?.postMessage("changed"); };
export const put = (item) => change((queue) => queue.put(item));
export const drop = (key) => change((queue) => queue.delete(key));

/** Write a sending behind all that wait: its turn is no matter of clocks, which may be wrong. What is corrected keeps its own. */
export const append = (item) => change((queue) => {
  const ask = queue.getAll();
  ask.onsuccess = () => {
    const same = ask.result.find((one) => one.key === item.key);
    queue.put({ ...item, turn: same?.turn ?? 1 + Math.max(0, ...ask.result.map((one) => one.turn)) });
  };
  return ask;
});

/** The form of a row was recorded from its page: what was typed over (`takes`) goes, what else was stopped of it says so. */
export async function rowRecorded({ key, takes, action }, what) {
  for (const item of (await mine()).filter((one) => one.action === action && one.key !== key && one.state === "stopped")) {
    if (item.key === takes) await drop(item.key);
    else await put({ ...item, why: say("since-recorded", { what }) });
  }
  await count();
}

/** Do something with a sending as it stands, while nobody sends, corrects or discards it; null once it is gone. */
export function inHand(key, act) {
  const now = async () => act((await within("queue", "readonly", (queue) => queue.get(key))) ?? null);
  return navigator.locks ? navigator.locks.request(`amagara-queue ${key}`, now) : now();
}

/** A name for a sending, also where the page came without encryption. */
export const fresh = () => hex(crypto.getRandomValues(new Uint8Array(16)));

// A page from this device bears the key of the day on which it was kept: each time it is opened it is another sending.
for (const form of all("form[data-fresh]")) form.elements._key.value = fresh();

/** Where a form is sent to; `form.action` may be a field of that name. */
export function addressOf(form) {
  const { pathname, search } = new URL(form.getAttribute("action"), location.href);
  return pathname + search;
}

/** Keep what a form says until the server is there. */
export async function keepForLater(form, button = null) {
  const before = await mine();
  const waits = new CustomEvent("waits", { bubbles: true, cancelable: true, detail: before });  // to write down what is only shown
  if (!form.dispatchEvent(waits)) throw Object.assign(new Error("empty"), { word: "empty" });
  const fields = [...new FormData(form)].filter(([name, value]) => !["csrf_token", "_opened"].includes(name) && (typeof value === "string" || value.name));
  if (button?.name) fields.push([button.name, button.value]);  // which of its buttons was pressed
  const item = {
    key: keyOf(form, before, fields), user, who: document.body.dataset.name, at: now(),
    action: addressOf(form), title: form.dataset.waits, fields, state: "waits", about: about(form),
  };
  await append(await signed(item));
  if ("row" in form.dataset) await replaceBy(item);
  try { sessionStorage.setItem("waits", item.title); } catch { /* it is not said on the next page */ }
  document.dispatchEvent(new CustomEvent("queued", { detail: form }));
  await count();
}

/** A sending with the signature of its person, where he has a PIN on this device: he is asked for it once he is shut out. */
async function signed(item) {
  let one = await person(user);
  if (one && !isOpen(one)) {
    const given = await (await import(document.getElementById("pin-words").dataset.script)).ask(one);
    one = given ? await person(user) : null;
    if (!one) throw Object.assign(new Error("shut"), { word: "shut" });
  }
  return one ? sign({ ...item, fields: withMoment(item) }, one) : item;
}

/** Sign what waits of this person and bears no signature that still counts: he has just proved who he is. */
export async function signAll() {
  const { dead } = await asked(`/api/pulse?${await askKeys((await mine()).map(({ signer }) => signer))}`);
  for (const { key } of await mine()) await inHand(key, async (now) => (now && (!now.mac || dead.includes(now.signer)) ? put(await signed(now)) : null));
}

/** The key of a sending: another one where what waits under it says something else and was not opened to be corrected. */
function keyOf(form, before, fields) {
  const key = form.elements._key, same = before.find((item) => item.key === key.value);
  const plain = (list) => JSON.stringify(list.filter(([name]) => name !== "_made").map(([name, value]) => [name, value.name ?? value]));
  if (!same || "opened" in form.dataset || plain(same.fields) === plain(fields)) return key.value;
  key.value = fresh();
  for (const pair of fields) if (pair[0] === "_key") pair[1] = key.value;
  return key.value;
}

/** What is written in the form of a row takes the place of what waits of the same form: it was filled in with that. */
async function replaceBy({ key, action }) {
  const older = (await mine()).filter((item) => item.action === action && item.key !== key);
  for (const item of older) await inHand(item.key, (now) => (now?.state === "waits" && !now.opened ? drop(now.key) : null));
}

/** What a person recognises a sending by: the first things that he chose or typed. */
function about(form) {
  const empty = (field) => field.matches("[data-measure]") && !field.closest("[data-line]")?.querySelector("[data-field=quantity]")?.value;
  const typed = all("input, select", form).filter((field) => !empty(field) && field.type !== "hidden" && field.value.trim() && !field.matches("[type=checkbox], [type=radio], [readonly]"));
  return typed.slice(0, 6).map((field) => (field.tagName === "SELECT" ? field.selectedOptions[0]?.text : field.value)?.slice(0, 80)).filter(Boolean).join(", ");
}

/** Nothing of this person's pages stays, nor what was being taken along; where he has a PIN they stay, sealed, until it has run out. */
export async function forget(all = false) {
  await window.caches?.delete("pages-next");
  if (!all && await isSealed(user)) return shut();
  note("");
  return dropPerson(user).catch(() => window.caches?.delete(`pages-${user}`));
}

const NOTE = "kept";
/** Whose pages this device keeps and how much waits, in a cookie: a browser that drops what a house keeps, drops no cookies. */
const note = (said) => { document.cookie = `${NOTE}=${said}; path=/; max-age=${said ? 31536000 : 0}; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`; };
const noted = () => (document.cookie.match(`(?:^|; )${NOTE}=(\\d+)-(\\d+)`) ?? []).slice(1);

/** Note how much waits, where this device keeps pages for this person; where it kept them and has them no more, say so, once. */
async function remember(items) {
  const on = await prepared(), [whose, much] = noted();
  if (on) return note(`${user}-${items.length}`);
  if (whose !== user) return null;
  note("");
  const lost = items.length ? 0 : Number(much);
  return document.dispatchEvent(new CustomEvent("dropped", { detail: lost }));
}

const LEAST = 200 * 2 ** 20;  // bytes: what a day of slips with photos needs, and the pages taken along anew
/** {free, lasting, little}: the room that the browser gives, in bytes; null where it does not say. */
export async function room() {
  const said = await navigator.storage?.estimate?.().catch(() => null);
  if (!said?.quota) return null;
  const free = Math.max(0, said.quota - (said.usage ?? 0));
  return { free, little: free < LEAST };
}
export const isFull = (error) => error?.name === "QuotaExceededError";

/** What the server answers to whoever is signed in; null where he is not. Throws where no answer comes, or none of use. */
export async function asked(url) {
  const answer = await fetch(url, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(8_000) });
  if (answer.type === "opaqueredirect" || answer.status === 401) return null;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

const AT_ONCE = 50;  // keys in an address

/** What the server has recorded of some sendings, by their keys; null where it does not say. */
export async function recorded(keys) {
  const stored = {};
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const ask = new URLSearchParams(keys.slice(from, from + AT_ONCE).map((key) => ["key", key]));
    const said = await asked(`${document.body.dataset.alive}?${ask}`).catch(() => null);
    if (!said?.stored) return null;
    Object.assign(stored, said.stored);
  }
  return stored;
}

/** Who is signed in, and the mark against forgery, of now: that of a copy is of another day. His PIN counts from now on. */
export async function state() {
  const known = await asked("/device/state");
  if (known) await changePerson(String(known.user), (one) => ({ ...one, until: Date.now() + known.days * DAY, highest: Date.now() })).catch(() => {});
  return known;
}

/** What a heartbeat asks about: whether the keys of this device, and some others, still count. */
export async function askKeys(others = []) {
  const ids = new Set([...(await everybody().catch(() => [])).map(({ id }) => id), ...others].filter(Boolean));
  return new URLSearchParams([...ids].slice(0, 20).map((id) => ["key", id])).toString();
}

/** Drop what this device keeps of those whose keys are dead: the server does not let them open it. What they wrote stays, and says why. */
export async function dropDead(dead) {
  for (const { user: whose, id } of (await everybody()).filter((one) => dead.includes(one.id))) {
    for (const item of (await waiting()).filter((one) => one.signer === id)) await put({ ...item, dead: true, state: "stopped", why: say("blocked") });
    await dropPerson(whose);
    document.dispatchEvent(new CustomEvent("blocked", { detail: whose }));
  }
  await count();
}

let seen = false;  // whether this page has asked what became of all that was stopped

/** Send what waits, in its order; what the server refuses stays, with the reason, and holds up nothing else. */
export const flush = () => alone(async (lock) => {
  const looked = seen;
  seen ||= Boolean(lock);
  const items = lock ? (await waiting().catch(() => [])).filter((item) => (item.user === user ? item.opened || item.state === "waits" || !looked : item.mac && item.state === "waits")) : [];
  if (!items.length) return count();
  let sent = 0;
  const also = [];
  try {
    const known = await state();
    if (!known) document.dispatchEvent(new Event("session-over"));
    for (const { key } of await ours(known, items)) {
      const said = await inHand(key, (item) => (item?.state === "waits" ? send(item, known) : null));
      sent += said ? 1 : 0;
      also.push(...(said?.mine ? said.told ?? [] : []));  // what is told of another's is his
    }
  } catch { /* no network: they wait */ }
  if (sent) toast([say("delivered", { n: sent }), ...also].join(". "));
  return count();
});

/** What may be sent of some in the session of the known person: of others what they have signed; of his own not what he opened, or found on the page of its row, and has sent by hand, which is recorded
 * under its key. */
async function ours(known, items) {
  if (!known) return [];
  if (String(known.user) !== user) return items.filter((item) => item.mac && item.state === "waits");
  const opened = items.filter((item) => item.user === user).filter((item) => item.opened || item.state === "stopped");
  const stored = opened.length ? await recorded(opened.map((item) => item.key)) : {};
  for (const { key } of opened) if (stored?.[key]) await drop(key);
  return items;
}

/** One tab sends at a time; where the browser has no locks (an address without encryption) each sends by itself, and the
 * keys of the sendings keep it once. */
const alone = (act) => (navigator.locks ? navigator.locks.request("amagara-queue", { ifAvailable: true }, act) : act(true));

class Later extends Error {}

/** What waited says since when: what has happened is judged by what could be known then. */
export const withMoment = ({ fields, at }) => (fields.some(([name]) => name === "_written") ? fields : [...fields, ["_written", String(Math.round(at))]]);

function bodyOf(item) {
  const fields = withMoment(item);
  if (fields.every(([, value]) => typeof value === "string")) return new URLSearchParams(fields.map(([name, value]) => [name, lines(value)]));
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  return body;
}

const weight = ({ fields }) => fields.reduce((sum, [, value]) => sum + (value.size ?? value.length), 0);

/** Send one as the `known` person: what the server says that has it, null when it stays here to be looked at; throws when it has
 * to wait. */
async function send(item, known, again = false) {
  const answer = await fetch(item.action, {
    method: "POST", redirect: "manual", signal: AbortSignal.timeout(30_000 + weight(item) / 4),  // 4 kB a second
    headers: { Accept: "application/json", "X-CSRFToken": known.token, ...(item.mac && { "Amagara-Key": item.signer, "Amagara-Signature": item.mac }) },
    body: bodyOf(item),
  });
  if (!answer.headers.has("X-Request-Id")) throw new Later();  // whoever answers, it is not the server
  const said = await answer.json().catch(() => null);
  if (answer.ok && said?.url) { await drop(item.key); return { ...said, mine: item.user === String(known.user) }; }
  if (answer.status === 500) return null;  // a fault of the server at this one: it waits, and the next may go
  if (!said || answer.ok || [401, 429].includes(answer.status) || answer.status > 500) throw new Later();
  if (answer.status === 400 && !again) {  // somebody has signed in meanwhile: the mark against forgery is another
    const anew = await state();
    if (anew?.user !== known.user) throw new Later();
    return send(item, Object.assign(known, anew), true);
  }
  const clash = answer.status === 409 && (await recorded([item.key]))?.[item.key];
  await put({ ...(clash ? renamed(item, fresh()) : item), state: "stopped", why: clash ? say("clash", { what: clash.number || clash.message }) : reason(said) });
  if (clash) await drop(item.key);  // the key belongs to what was recorded: this one says something else, and is not it
  return null;
}

const renamed = ({ mac, signer, ...item }, key) => ({ ...item, key, fields: item.fields.map(([name, value]) => [name, name === "_key" ? key : value]) });

function reason(said) {
  const faults = [...(said.errors ?? []).map((one) => one.message), ...(said.questions ?? []).map((one) => one.words)];
  return faults.length ? faults.join(" ") : said.detail ?? said.title;
}

/** Show how many wait, on every page. */
export async function count() {
  const items = user ? await mine().catch(() => []) : [];
  for (const sign of all("[data-queue]")) {
    sign.hidden = !items.length;
    sign.querySelector("[data-queue-number]").textContent = items.length;
  }
  if (user) await remember(items).catch(() => {});
  document.dispatchEvent(new CustomEvent("queue", { detail: items }));
}

/** A page of the server is this person's: what others keep here without a PIN goes, what they keep with one is shut. */
async function aloneHere() {
  await shut(user);
  const known = new Set((await everybody()).map((one) => `pages-${one.user}`));
  for (const name of await caches.keys()) if (/^pages-\d+$/.test(name) && name !== `pages-${user}` && !known.has(name)) await caches.delete(name);
}

if (user) {
  if (!document.body.dataset.keptAt) aloneHere().catch(() => {});
  others?.addEventListener("message", count);
  count();
  flush().catch(() => {});
  try {
    if (sessionStorage.getItem("waits")) toast(say("waits", { what: sessionStorage.getItem("waits") }));
    sessionStorage.removeItem("waits");
  } catch { /* nothing to say */ }
  document.addEventListener("server-there", () => flush().catch(() => {}));
}
