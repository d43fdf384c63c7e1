// USB and Bluetooth readers type a code as a burst of keys, mostly with Enter or Tab behind it. A burst becomes
// one `scan` event, and what it left in fields is taken back: in every field it went through.
// Letters are taken from the key's place (event.code), since a reader set to QWERTY gives
// "à&é" on an AZERTY computer; a reader set to the computer's own layout is told apart by
// which of the two readings looks like a code.
import { behind } from "./combo.js";
import { say, toast } from "./dom.js";

const PAUSE = 400;   // ms without a key that end a burst; Bluetooth sends in clumps
const QUICK = 70;    // ms between keys, in the middle of a burst: slow readers need 45, hands 80 and more
const PARTED = 2000; // ms after which keys typed as fast as a reader's still begin the code that follows: radios stall
const REST = 120;    // ms between a figure that hands typed as fast as a reader and the code that follows it
const LEAST = 5;     // keys of a code that ends with Enter or Tab
const UNENDED = 6;   // digits that nobody types at once, when no Enter follows
const GS = "\x1d";
const SHIFTED = { 1: "!", 2: "@", 3: "#", 4: "$", 5: "%", 6: "^", 7: "&", 8: "*", 9: "(", 0: ")" };
const SIGNS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Semicolon: ";:", Quote: "'\"", Comma: ",<",
  Period: ".>", Slash: "/?", Backslash: "\\|", Backquote: "`~", Space: "  ", NumpadSubtract: "--", NumpadDecimal: "..",
  NumpadAdd: "++", NumpadDivide: "//", NumpadMultiply: "**", IntlBackslash: "<>",
};
let burst = [];
let touched = new Map();   // field -> how to put its value from before the burst back
let rests = [];            // where the burst paused: how many keys came before, how long, the field and its value then
let last = -PAUSE;
let altCode = "";
let waiting;

/** The character a QWERTY keyboard has at this place, or "" when it has none. */
export function fromPlace(event) {
  const { code, shiftKey } = event;
  if ((event.ctrlKey && code === "BracketRight") || code === "F8") return GS;
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? SHIFTED[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return SIGNS[code]?.[shiftKey ? 1 : 0] ?? (event.key.length === 1 ? event.key : "");
}

const plain = (text) => text.replace(/[^A-Za-z0-9\x1d-]/g, "").length;
const placesOf = (keys) => keys.map((key) => key.place).join("");
const signsOf = (keys) => keys.map((key) => (key.place === GS ? GS : key.sign)).join("");

/** The reading of a burst that looks most like a code; the place of the keys wins a tie. */
export function decode(keys) {
  const [places, signs] = [placesOf(keys), signsOf(keys)];
  return plain(signs) > plain(places) ? signs : places;
}

const middle = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const gaps = (keys) => keys.slice(1).map((key, place) => key.at - keys[place].at);
const isBurst = (keys, least) => keys.length >= least && middle(gaps(keys)) < QUICK;

function forget() {
  burst = [];
  touched = new Map();
  rests = [];
}

/** A function that puts back what the burst overwrites in a field, and in the choice behind it. */
function keeper(field) {
  const real = behind(field);
  const [value, chosen, label] = [field.value, real?.value, real?.dataset.label];
  return () => {
    if (field.value === value) return;
    field.value = value;
    if (real) { real.value = chosen; real.dataset.label = label ?? ""; }
    (real ?? field).dispatchEvent(new Event("restored", { bubbles: true }));
    (real ?? field).dispatchEvent(new Event("input", { bubbles: true }));
  };
}

/** Where hands typed a figure and a reader went on: sure when the rest alone is a package's code, possible after a long
 * rest within what is none; a radio that stalls parts a package's code, which is whole only with what came before. */
function parted(keys) {
  if (ofPackage(decode(keys))) return null;
  const figures = rests.filter(({ at, field }) => isFigure(field) && /^(0|[1-9]\d{0,5})$/.test(decode(keys.slice(0, at))));
  const sure = figures.find(({ at }) => ofPackage(decode(keys.slice(at))));
  return sure ? { ...sure, sure: true } : figures.find(({ long }) => long > PAUSE);
}

function take(end) {
  const figure = parted(burst), keys = figure?.sure ? burst.slice(figure.at) : burst;
  const before = decode(burst.slice(0, figure?.at));
  clearTimeout(waiting);
  touched.forEach((putBack) => putBack());
  if (figure?.sure) figure.putBack();
  forget();
  last = -PAUSE;
  const times = gaps(keys);
  const facts = { text: decode(keys), end, places: placesOf(keys), signs: signsOf(keys),
    gap: Math.round(middle([...times])), slowest: Math.round(Math.max(...times)) };
  announce(facts);
  if (figure && !figure.sure) {
    figure.field.dispatchEvent(new CustomEvent("taken-back", { bubbles: true, detail: { figure: before } }));
  }
}

/** A label may bear an address of this house, for phones of people without an account; its last part is the code. */
function bare(text) {
  const house = [location.origin, document.body.dataset.address].find((each) => each && text.startsWith(`${each}/`));
  return house ? text.split("/").pop() : text;
}

/** Tell the form that has the focus, else the page, of a code that was read. */
export function announce(read, form = document.activeElement?.closest?.("main form")) {
  const target = form ?? document, detail = { ...read, text: bare(read.text) };
  const scan = new CustomEvent("scan", { bubbles: true, cancelable: true, detail });
  if (target.dispatchEvent(scan)) otherwise(detail.text);
}

const SEARCHES = "[type=search], [role=combobox], [data-scan]";
const sound = (digits) => /^(\d{8}|\d{12,14})$/.test(digits)
  && [...digits].reverse().reduce((sum, digit, place) => sum + digit * (place % 2 ? 3 : 1), 0) % 10 === 0;
/** Whether a code is that of a package, GS1 or EAN: it is no number of a lot or of a paper, and no word. */
export const ofPackage = (text) => /^\]|\x1d|^\(\d{2,4}\)|^https?:\/\/\S*\/0[12]\/\d|^0[12]\d{14}/.test(text) || sound(text);

/** Nobody took the scan: fill the field that has the focus, else look the code up. */
function otherwise(text) {
  const shown = text.replaceAll(GS, ""), here = document.activeElement;
  const inForm = here?.matches?.("main form :is(input, textarea, select)") && !here.matches(SEARCHES);
  if (inForm && (here.dataset.field === "quantity" || ofPackage(text))) return toast(say("unplaced", { text: shown }));
  const field = here?.matches?.("input:not([data-field=quantity]), textarea") ? here : document.querySelector("[data-search]");
  if (!field) return;
  field.value = shown;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (field.matches("[data-search]")) field.form.requestSubmit();
}

/** Readers that end with nothing: digits typed faster than hands can never stay in a figure. */
const isFigure = (field) => ["numeric", "decimal"].includes(field.inputMode);
const inFigure = () => [...touched.keys()].some((field) => isFigure(field) || "scan" in field.dataset);

function add(key, event) {
  const now = event.timeStamp;
  if (now - last > (isBurst(burst, 2) ? PARTED : PAUSE)) forget();
  const field = event.target, long = now - last;
  last = now;
  if (burst.length && long > REST && touched.has(field)) rests.push({ at: burst.length, long, field, putBack: keeper(field) });
  if (field && "value" in field && !touched.has(field)) touched.set(field, keeper(field));
  burst.push({ ...key, at: now });
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (isBurst(burst, UNENDED) && inFigure()) take(""); }, PAUSE + 20);
}

document.addEventListener("keydown", (event) => {
  if (event.altKey && /^Numpad\d$/.test(event.code)) { altCode += event.code[6]; return; }
  if (["Shift", "Control", "Alt", "CapsLock"].includes(event.key)) return;
  if (event.repeat) return forget();
  if ((event.key === "Enter" || event.key === "Tab") && event.timeStamp - last <= PAUSE && isBurst(burst, LEAST)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return take(event.key);
  }
  const place = fromPlace(event);
  if (!place) return forget();
  add({ place, sign: event.key.length === 1 ? event.key : "" }, event);
  // Readers' control keys would open the browser's own windows.
  if (place === GS || (event.ctrlKey && burst.length > 1)) event.preventDefault();
}, { capture: true });

// Whoever taps or clicks goes on by hand.
document.addEventListener("pointerdown", forget, { capture: true });

// Alt and digits of the number pad: how some readers send what no key has.
document.addEventListener("keyup", (event) => {
  if (event.key !== "Alt" || !altCode) return;
  const sign = String.fromCharCode(Number(altCode));
  altCode = "";
  add({ place: sign, sign }, event);
}, { capture: true });
