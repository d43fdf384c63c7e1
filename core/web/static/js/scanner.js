// USB readers type a code as a burst of keys and Enter. The burst becomes one `scan` event.
// Letters are taken from the key's place (event.code), since a reader set to QWERTY gives
// "à&é" on an AZERTY computer; a reader set to the computer's own layout is told apart by
// which of the two readings looks like a code.
const GAP = 35;
const LEAST = 5;
const GS = "\x1d";
const SHIFTED = { 1: "!", 2: "@", 3: "#", 4: "$", 5: "%", 6: "^", 7: "&", 8: "*", 9: "(", 0: ")" };
const SIGNS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Semicolon: ";:", Quote: "'\"", Comma: ",<",
  Period: ".>", Slash: "/?", Backslash: "\\|", Backquote: "`~", Space: "  ", NumpadSubtract: "--", NumpadDecimal: "..",
  NumpadAdd: "++", NumpadDivide: "//", NumpadMultiply: "**", IntlBackslash: "<>",
};
let burst = [];
let last = 0;
let before = null;

/** The character a QWERTY keyboard has at this place, or "" when it has none. */
export function fromPlace(event) {
  const { code, shiftKey } = event;
  if ((event.ctrlKey && code === "BracketRight") || code === "F8") return GS;
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? SHIFTED[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return SIGNS[code]?.[shiftKey ? 1 : 0] ?? "";
}

const plain = (text) => text.replace(/[^A-Za-z0-9\x1d-]/g, "").length;

/** The reading of a burst that looks most like a code; the place of the keys wins a tie. */
export function decode(keys) {
  const places = keys.map((key) => key.place).join("");
  const signs = keys.map((key) => (key.place === GS ? GS : key.sign)).join("");
  return plain(signs) > plain(places) ? signs : places;
}

function begin() {
  const field = document.activeElement;
  before = field && "value" in field ? { field, value: field.value } : null;
}

/** Put back what the burst has overwritten in the field that had the focus. */
function undo() {
  if (!before || before.field.value === before.value) return;
  before.field.value = before.value;
  before.field.dispatchEvent(new Event("input", { bubbles: true }));
}

function announce(text) {
  const target = document.activeElement?.closest?.("form") ?? document;
  const scan = new CustomEvent("scan", { bubbles: true, cancelable: true, detail: { text } });
  if (target.dispatchEvent(scan)) otherwise(text);
}

/** Nobody took the scan: fill the field that has the focus, else look the code up. */
function otherwise(text) {
  const shown = text.replaceAll(GS, "");
  const field = document.activeElement?.matches?.("input, textarea") ? document.activeElement
    : document.querySelector("[data-search]");
  if (!field) return;
  field.value = shown;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (field.matches("[data-search]")) field.form.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  if (["Shift", "Control", "Alt", "CapsLock"].includes(event.key)) return;
  const now = event.timeStamp;
  const quick = now - last < GAP;
  last = now;
  if ((event.key === "Enter" || event.key === "Tab") && quick && burst.length >= LEAST) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = decode(burst);
    burst = [];
    undo();
    announce(text);
    return;
  }
  const place = fromPlace(event);
  if (!place) { burst = []; return; }
  if (!quick || !burst.length) { burst = []; begin(); }
  burst.push({ place, sign: event.key.length === 1 ? event.key : "" });
  // Readers' control keys would open the browser's own windows.
  if (place === GS || (event.ctrlKey && burst.length > 1)) event.preventDefault();
}, { capture: true });
