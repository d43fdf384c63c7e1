// Keys for those who want them: / j k x c ? and Enter. One switch turns them off.
import { all, store } from "./dom.js";

const typing = (element) => element.closest?.("input, textarea, select, [contenteditable], [role=listbox], dialog");
const isOn = () => store.get("keys") !== "off";
const rows = () => all("[data-rows] tbody tr, main .tasks > li").filter((row) => row.checkVisibility?.() ?? true);
const here = () => document.activeElement.closest?.("[data-rows] tbody tr, .tasks > li");

function move(step) {
  const list = rows();
  if (!list.length) return;
  const place = list.indexOf(here());
  const next = list[Math.max(0, Math.min(list.length - 1, place < 0 ? 0 : place + step))];
  next.tabIndex = -1;
  next.focus({ focusVisible: true });
  next.scrollIntoView({ block: "nearest" });
}

const actions = {
  "/": () => document.querySelector("[data-search], #find")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => here()?.querySelector(".pick")?.click(),
  c: () => document.querySelector("[data-key=c]")?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

// A barcode reader types like a person, only faster: wait to see that no key follows.
let waiting;
document.addEventListener("keydown", (event) => {
  clearTimeout(waiting);
  if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  if (event.key === "Enter" && event.target === here()) here().querySelector("a[href]")?.click();
  const action = actions[event.key];
  if (!action) return;
  if (event.key === "/") event.preventDefault();
  waiting = setTimeout(action, 110);
});

// A click anywhere in a row opens it, unless words are being chosen or a control was meant.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tbody tr");
  if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
  row.querySelector("a[href]")?.click();
});

const toggle = document.querySelector("[data-keys-switch]");
if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => store.set("keys", toggle.checked ? "on" : "off"));
}
