// The people of this device who have set a PIN: their key, wrapped by it; open while they work, and shut five minutes after.
// What is kept of their pages is sealed with it, and each sending is signed with it, so that it stays theirs.
import { within } from "./base.js";

export const SHUT_AFTER = 5 * 60_000, TRIES = 5, DAY = 86_400_000;
const SLACK = 60_000;  // ms by which clocks differ
export const bytesOf = (text) => new TextEncoder().encode(text);
export const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const IV = "Amagara-Iv", UNDER = "Amagara-Under";  // headers of a copy that is sealed, the second its key under the lock of its person
const cacheOf = (user) => `pages-${user}`;

export const everybody = async () => ("indexedDB" in globalThis ? within("people", "readonly", (people) => people.getAll()) : []);
export const person = async (user) => (await everybody().catch(() => [])).find((one) => one.user === user);
export const putPerson = (one) => within("people", "readwrite", (people) => people.put(one));

/** Change what is kept of a person, as it stands then; nothing where nothing is kept. */
export const changePerson = (user, act) => within("people", "readwrite", (people) => {
  const ask = people.get(user);
  ask.onsuccess = () => { if (ask.result) people.put(act(ask.result)); };
  return ask;
});

/** Why a PIN does not open the device any more, "" where it does: "over" its days, or the "clock" was set back. */
export const barred = (one, at = Date.now()) => (at > one.until ? "over" : at < one.highest - SLACK ? "clock" : "");
export const isOpen = (one) => Boolean(one?.open && !barred(one) && Date.now() - one.open.seen < SHUT_AFTER && Date.now() > one.open.seen - SLACK);

/** Note that an open person is at work; who has shut meanwhile stays shut. */
export const touch = (user) => changePerson(user, (one) => (isOpen(one)
  ? { ...one, highest: Math.max(one.highest, Date.now()), open: { ...one.open, seen: Date.now() } } : { ...one, open: null }));
/** Shut the device for everybody, or for all but one. */
export const shut = async (but = "") => { for (const one of await everybody().catch(() => [])) if (one.open && one.user !== but) await changePerson(one.user, (now) => ({ ...now, open: null })); };

/** Nothing of a person stays but what he has signed and waits. */
export async function dropPerson(user) {
  await within("people", "readwrite", (people) => people.delete(user));
  await globalThis.caches?.delete(cacheOf(user));
}

/** Whose copies this device shows now: of whoever has opened it, else of the one person without a PIN; "" of nobody, null while it is shut. */
export async function whose() {
  const known = await everybody().catch(() => []), open = known.find(isOpen);
  if (open) return open.user;
  for (const name of await caches.keys()) {
    const page = /^pages-\d+$/.test(name) ? await caches.match("/device", { cacheName: name }) : null;
    if (page && !page.headers.has(IV)) return name.slice("pages-".length);
  }
  return known.length ? null : "";
}

// --- copies: plain, or sealed where their person has a PIN ---

/** Keep a copy of a page or a list of a person: sealed by his lock, which anybody may shut; his PIN alone opens it. */
export async function keepCopy(cache, user, path, body, headers) {
  const one = await person(user), text = await body.arrayBuffer();
  if (!one) return cache.put(path, new Response(text, { headers }));
  const iv = crypto.getRandomValues(new Uint8Array(12)), key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytesOf(path) }, key, text);
  const under = await crypto.subtle.wrapKey("raw", key, one.lock, { name: "RSA-OAEP" });
  return cache.put(path, new Response(sealed, { headers: { ...headers, [IV]: hex(iv), [UNDER]: hex(under) } }));
}

export const isSealed = async (user) => Boolean((await globalThis.caches?.match("/device", { cacheName: cacheOf(user) }))?.headers.has(IV));

/** The copy of a page or a list of a person, opened; null where there is none, or he is shut out. */
export async function copyOf(user, path) {
  const found = user && "caches" in globalThis ? await caches.match(path, { cacheName: cacheOf(user) }) : null;
  const iv = found?.headers.get(IV);
  if (!iv) return found ?? null;
  const one = await person(user);
  if (!isOpen(one)) return null;
  const under = fromHex(found.headers.get(UNDER));
  const key = await crypto.subtle.unwrapKey("raw", under, one.open.keep, { name: "RSA-OAEP" }, "AES-GCM", false, ["decrypt"]);
  const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromHex(iv), additionalData: bytesOf(path) }, key, await found.arrayBuffer());
  return new Response(text, { headers: found.headers });
}

// --- signatures: over where a sending goes and all that it says ---

const sum = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
/** A text as a form writes it. */
export const lines = (value) => value.replace(/\r?\n/g, "\r\n");

async function lineOf([name, value]) {
  const file = typeof value !== "string";
  return [`${file ? "file" : "field"} ${await sum(bytesOf(lines(name)))}`, await sum(file ? await value.arrayBuffer() : bytesOf(lines(value)))];
}

/** A sending with the signature of its person, who is open. */
export async function sign(item, one) {
  const said = await Promise.all(item.fields.map(lineOf));
  said.sort(([first], [other]) => (first < other ? -1 : first > other ? 1 : 0));
  const text = ["amagara-sending-1", one.id, item.action, ...said.map((line) => line.join(" "))].join("\n");
  return { ...item, signer: one.id, mac: hex(await crypto.subtle.sign("HMAC", one.open.sign, bytesOf(text))) };
}
