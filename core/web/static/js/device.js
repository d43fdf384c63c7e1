// The page of this device: prepares it, says what it keeps, and shows what waits on it.
import { all, filled, momentOf, say, toast, written } from "./dom.js";
import { keepCopy, person } from "./people.js";
import { append, asked, count, drop, flush, forget, inHand, isFull, mine, prepared, put, recorded, room, signAll, state, user, waiting, withMoment } from "./queue.js";
import { read, written as asFile } from "./saved.js";

const page = document.querySelector("[data-device]");
const word = (name, facts = {}) => filled(page.dataset[name] ?? "", facts);
const made = (tag, facts, ...parts) => { const one = Object.assign(document.createElement(tag), facts); one.append(...parts); return one; };
const LARGE = 10 * 2 ** 20;  // bytes, from which on a size is said in larger units
const size = (bytes) => (bytes < LARGE ? say("kilobytes", { n: written(Math.max(1, Math.round(bytes / 1024))) }) : say("megabytes", { n: written(Math.round(bytes / 2 ** 20)) }));
const tell = (text) => { page.querySelector("[data-told]").textContent = text; };

// --- what is kept ---

/** What the server answers; nothing for a page that leads elsewhere. */
async function get(url) {
  const answer = await fetch(url, { cache: "no-store", redirect: "manual" });
  if (!answer.ok && answer.type !== "opaqueredirect") throw new Error(`${url}: ${answer.status}`);
  return answer;
}

const marked = (answer, headers) => ({ "Content-Type": answer.headers.get("Content-Type"), ...headers, "Amagara-Kept": Date.now() });
const keepFile = async (cache, key, answer) => cache.put(key, new Response(await answer.blob(), { headers: marked(answer) }));
/** Keep a page or a list of this person, sealed where he has a PIN; what it says. */
async function keep(cache, key, answer, headers) {
  const body = await answer.blob();
  await keepCopy(cache, user, key, body, marked(answer, headers));
  return body;
}

const pins = () => import(document.getElementById("pin-words").dataset.script);
const DOOR = "/device/unlock";

/** Take along the pages, the files they need, and the lists they choose from; all of it, or nothing changes. */
async function takeAlong() {
  const { pages, lists } = await (await get("/device/kept")).json();
  await caches.delete("pages-next");
  const next = await caches.open("pages-next"), needed = new Set();
  for (const { url, title } of pages) {
    const answer = await get(url), owner = answer.headers.get("Amagara-Keep");
    if (owner?.split("-")[0] !== user) continue;
    const policy = answer.headers.get("Content-Security-Policy");
    const body = await keep(next, url, answer, { "Amagara-Keep": owner, "Amagara-Title": encodeURIComponent(title), "Content-Security-Policy": policy });
    for (const [, found] of (await body.text()).matchAll(/"(\/static\/[^"#]+)/g)) needed.add(found);
  }
  for (const url of lists) await keep(next, `/kept${url}`, await get(`${url}?kept=1`), {});
  const store = await caches.open("files");
  await keepFile(store, DOOR, await get(DOOR));
  for (const url of needed) if (!(await store.match(url))) await keepFile(store, url, await get(url));
  needed.add(DOOR);
  const now = await caches.open(`pages-${user}`), found = new Set();
  for (const request of await next.keys()) { await now.put(request, await next.match(request)); found.add(request.url); }
  for (const request of await now.keys()) if (!found.has(request.url)) await now.delete(request);
  await caches.delete("pages-next");
  for (const request of await store.keys()) if (!needed.has(new URL(request.url).pathname)) await store.delete(request);  // the last: pages before need theirs
}

async function prepareDevice() {
  tell(word("preparing"));
  try {
    await navigator.serviceWorker.register("/worker.js", { scope: "/" });
    await navigator.serviceWorker.ready;
    await navigator.storage?.persist?.();  // asked first: what is taken along now may be more than it would keep otherwise
    await takeAlong();
    await count();
    tell(word("ready"));
  } catch (error) {
    console.error(error);
    tell(word(isFull(error) ? "full" : "failed"));
  }
  await show();
}

async function forgetDevice() {
  await forget(true);
  if (!(await caches.keys()).some((name) => name.startsWith("pages-"))) {  // else others need them
    await caches.delete("files");
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
  }
  tell(word("forgotten"));
  await show();
}

async function show() {
  const on = await prepared(), body = page.querySelector("[data-kept] tbody");
  page.querySelector("[data-prepare]").classList.toggle("strong", !on);
  all("[data-on-prepared]", page).forEach((one) => { one.hidden = !on; });
  body.replaceChildren();
  let total = 0;
  for (const name of on ? [`pages-${user}`, "files"] : []) {  // opening one would make it
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request), bytes = (await answer.blob()).size, title = answer.headers.get("Amagara-Title");
      total += bytes;
      if (!title) continue;
      const way = made("a", { href: new URL(request.url).pathname, textContent: decodeURIComponent(title) });
      const cells = [made("td", { textContent: momentOf(Number(answer.headers.get("Amagara-Kept"))) }), made("td", { className: "n", textContent: size(bytes) })];
      cells[0].dataset.label = word("labelDay");
      cells[1].dataset.label = word("labelSize");
      body.append(made("tr", {}, made("th", { scope: "row" }, way), ...cells));
    }
  }
  const pin = await person(user);
  page.querySelector("[data-pin-state]").textContent = word(pin ? "pinSet" : "pinNone", { day: pin ? momentOf(pin.until, { dateStyle: "short" }) : "" });
  page.querySelector("[data-total]").textContent = on ? word("total", { size: size(total) }) : "";
  const lasting = await navigator.storage?.persisted?.();
  page.querySelector("[data-lasting]").textContent = on ? word(lasting ? "lasting" : "passing") : "";
  const left = await room();
  page.querySelector("[data-room-left]").textContent = left ? word(left.little ? "little" : "room", { size: size(left.free) }) : "";
}

// --- the PIN ---

/** Make a key for this person on this device, wrapped by the PIN that he has typed twice, and sign with it what waits. */
async function choosePin(form) {
  const [pin, again] = [form.elements.pin.value, form.elements.again.value], told = form.querySelector("[data-pin-told]");
  const { setPin, isEasy } = await pins();
  const fault = !/^\d{6}$/.test(pin) ? "pinSix" : isEasy(pin) ? "pinEasy" : pin !== again ? "pinOther" : "";
  told.textContent = fault && word(fault);
  form.elements.pin.ariaInvalid = fault ? "true" : null;
  if (fault) return form.elements.pin.focus();
  const known = await state().catch(() => null);
  if (!known) return toast(say("unreachable"));
  const answer = await fetch("/device/key", { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": known.token } }).catch(() => null);
  if (answer?.status === 403) return location.assign("/prove?next=/device");
  if (!answer?.ok) { told.textContent = (await answer?.json().catch(() => null))?.detail ?? say("unreachable"); return; }
  await setPin({ user, name: document.body.dataset.name }, pin, await answer.json());
  await signAll();
  form.reset();
  form.closest("details").open = false;
  tell(word("pinDone"));
  await show();
}

// --- what waits ---

const button = (text, act, kind = "") => { const one = made("button", { type: "button", className: `button ${kind}`, textContent: text }); one.addEventListener("click", act); return one; };

/** Open the form as it was filled in, to correct it and send it by hand; sent under the same key, it is not sent twice. It
 * does not leave by itself meanwhile: the server would take what is being corrected. */
async function open({ key }) {
  const known = await state().catch(() => "");
  if (known === "") return toast(say("unreachable"));
  if (!known) return document.dispatchEvent(new Event("session-over"));
  const item = await inHand(key, async (now) => {
    if (now) await put({ ...now, state: "stopped", why: now.why || word("opened"), opened: true });
    return now;
  });
  if (!item) return list();  // it has left
  const form = made("form", { method: "post", action: item.action, hidden: true });
  for (const [name, value] of [...withMoment(item), ["csrf_token", known.token], ["_shown", "1"], ["_opened", item.why === word("opened") ? " " : item.why || " "]]) {
    if (typeof value === "string") { form.append(made("input", { type: "hidden", name, value })); continue; }
    const chosen = new DataTransfer();
    chosen.items.add(value);
    form.append(made("input", { type: "file", name, files: chosen.files }));
    form.enctype = "multipart/form-data";
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}

/** Write it all into a file: the last way out of a device that is given back or does not find the server any more. */
async function save(items) {
  const file = new Blob([await asFile(items)], { type: "application/json" });
  const way = made("a", { href: URL.createObjectURL(file), download: `amagara-${new Date().toISOString().slice(0, 10)}.json` });
  way.click();
  URL.revokeObjectURL(way.href);
}

/** Take the sendings of a file into the queue: those of the same person, by forms that may wait, which neither this device nor the
 * server has. */
async function readFile(file) {
  const items = (await read(await file.text())).sort((one, other) => one.turn - other.turn), keys = items.map(({ key }) => key);
  const ways = [...new Set(items.map(({ action }) => action))];
  const stored = await recorded(keys), may = new Set();
  for (const action of ways) {
    const said = await asked(`/device/may?${new URLSearchParams({ action })}`);
    if (said?.may) may.add(action);
  }
  if (!stored) throw new Error("no answer");
  if (ways.some((action) => !may.has(action))) throw Object.assign(new Error("broken"), { word: "broken" });
  const here = new Set((await waiting()).map(({ key }) => key));
  const anew = items.filter(({ key }) => !stored[key] && !here.has(key));
  for (const { turn, ...item } of anew) await append(item);
  if (await person(user)) await signAll();
  const told = items.filter(({ key }) => stored[key]).map(({ key, title }) => stored[key].number || stored[key].message || title);
  tell([word("read", { n: anew.length }), told.length && word("had", { what: told.join(", ") }), keys.some((key) => here.has(key) && !stored[key]) && word("here")].filter(Boolean).join(" "));
  await flush();
}

async function list() {
  const body = page.querySelector("[data-waiting] tbody"), items = await waiting();
  page.querySelector("[data-waiting]").hidden = !items.length;
  page.querySelector("[data-none]").hidden = Boolean(items.length);
  all("[data-with-items]", page).forEach((one) => { one.hidden = !items.length; });
  body.replaceChildren(...items.map((item) => {
    const own = item.user === user, what = made("th", { scope: "row" }, item.title, made("br", {}), made("small", { className: "muted", textContent: item.about }));
    const since = made("td", { textContent: `${momentOf(item.at)}, ${item.who}` });
    const how = made("td", { textContent: item.state === "stopped" && own ? item.why : word(own ? "waits" : item.state === "stopped" ? "othersStopped" : item.mac ? "othersSigned" : "others") });
    const acts = made("td", { className: "full" });
    if (!own) what.replaceChildren(item.title);  // what it says is its person's
    since.dataset.label = word("labelSince");
    how.dataset.label = word("labelState");
    if (item.state === "stopped") how.className = "error";
    if (own) acts.append(button(word("open"), () => open(item)), " ", button(word("cancel"), async () => { await discard(item); }, "danger"));
    return made("tr", {}, what, since, how, acts);
  }));
}

/** Throw one away; one that the server has, of which no answer came or which left a moment ago, is told instead. */
async function discard({ key, title, about }) {
  await inHand(key, async (item) => {
    const has = (await recorded([key]))?.[key];
    if (!has && item && !confirm(word("sure", { what: `${title}, ${about}` }))) return;
    await drop(key);
    if (has) tell(word("recorded", { what: has.number || has.message || title }));
  });
  await list();
}

if (document.body.dataset.missing) page.querySelector("[data-not-here]").hidden = false;
page.querySelector("[data-prepare]").addEventListener("click", prepareDevice);
page.querySelector("[data-forget]").addEventListener("click", forgetDevice);
page.querySelector("[data-send]").addEventListener("click", async () => {
  for (const { mac, signer, dead, ...item } of await mine()) if (item.state === "stopped") {
    await put({ ...item, ...(mac && !dead && { mac, signer }), state: "waits", why: "" });
  }
  await flush();
});
page.querySelector("[data-choose-pin]").addEventListener("submit", (event) => {
  event.preventDefault();
  choosePin(event.target).catch((error) => { console.error(error); toast(say("unreachable")); });
});
page.querySelector("[data-save]").addEventListener("click", async () => save(await mine()));
page.querySelector("[data-read-file]").addEventListener("change", async ({ target }) => {
  try { await readFile(target.files[0]); } catch (error) {
    if (!error.word) console.error(error);
    tell(word(error.word ?? "unread"));
  }
  target.value = "";
});
document.addEventListener("queue", list);
if ("serviceWorker" in navigator && "caches" in window) { show(); list(); } else { page.querySelector("[data-prepare]").disabled = true; tell(word("unable")); list(); }
