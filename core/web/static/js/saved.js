// The queue as a file: written by a device that is given back or broken, read by another of the same person. It says whose it is, of
// which house, and a sum over what it holds: one that was cut or edited is not read.
import { user } from "./queue.js";

const FORM = 1;
const house = () => document.body.dataset.address;
class Unread extends Error { constructor(word) { super(word); this.word = word; } }

async function sumOf(text) {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(sum)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

const inText = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
});

const packed = async (value) => (typeof value === "string" ? value : { name: value.name, type: value.type, bytes: await inText(value) });
const unpacked = (value) => (typeof value === "string" ? value
  : new File([Uint8Array.from(atob(value.bytes), (one) => one.charCodeAt(0))], value.name, { type: value.type }));

/** The text of a file with some sendings, photos and all. */
export async function written(items) {
  const whole = [];
  for (const item of items) whole.push({ ...item, fields: await Promise.all(item.fields.map(async ([name, value]) => [name, await packed(value)])) });
  const said = JSON.stringify(whole);
  return JSON.stringify({ amagara: "queue", form: FORM, house: house(), user, sum: await sumOf(said), items: whole }, null, 1);
}

/** The sendings of such a file; what cannot be read says why: "broken", "other" where it is somebody else's. */
export async function read(text) {
  let file;
  try { file = JSON.parse(text); } catch { throw new Unread("broken"); }
  if (file?.amagara !== "queue" || file.form !== FORM || !Array.isArray(file.items)) throw new Unread("broken");
  if (file.sum !== await sumOf(JSON.stringify(file.items))) throw new Unread("broken");
  if (file.user !== user || file.house !== house() || file.items.some((item) => item.user !== user)) throw new Unread("other");
  try {
    return file.items.map((item) => ({ ...item, fields: item.fields.map(([name, value]) => [name, unpacked(value)]) }));
  } catch { throw new Unread("broken"); }
}
