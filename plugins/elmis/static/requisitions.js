// The lines of a requisition: why a quantity opens beside its line, over the facts that it repeats (under it on phones), and
// closes again, without moving the page; packs and the total follow what is typed.
import { all, figure, written } from "../../../core/web/static/js/dom.js";

const BESIDE = matchMedia("(min-width: 48em)");
const linkOf = (row) => document.querySelector(`a[data-why="${row.id}"]`);

function close(row) {
  const link = linkOf(row);
  link?.setAttribute("aria-expanded", "false");
  link?.closest("tr").classList.remove("on");
  row.remove();
}

/** Beside its line the panel moves up as far as it must to be seen whole, and no further than the table's head. */
function place(row) {
  row.id = `why-${row.dataset.of}`;  // on a phone several may be open
  const panel = row.querySelector(".why");
  const button = row.querySelector("[data-close-why]");
  button.hidden = false;
  panel.style.marginTop = "";
  const { top, bottom } = panel.getBoundingClientRect();
  const end = document.querySelector(".save-bar")?.getBoundingClientRect().top ?? innerHeight;
  if (!BESIDE.matches) {  // under its line: moved only where the bar would hide that anything opened
    if (top + 60 > end) scrollBy(0, top + 60 - end);
    return;
  }
  const head = table.tHead.getBoundingClientRect().bottom;
  const over = Math.min(bottom - end + 12, top - Math.max(8, head));
  if (over > 0) panel.style.marginTop = `${-over}px`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-why]");
  const button = event.target.closest("[data-close-why]");
  if (button) {
    const row = button.closest("tr");
    linkOf(row)?.focus({ preventScroll: true });
    close(row);
  }
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const open = document.getElementById(link.dataset.why);
  if (BESIDE.matches) all("tr.why-row").filter((row) => row !== open).forEach(close);
  if (open) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return close(open);
  }
  link.setAttribute("aria-expanded", "true");
  link.closest("tr").classList.add("on");
}, { capture: true });

// What never came did not open.
document.addEventListener("htmx:finally:request", ({ target }) => {
  if (!target.matches?.("a[data-why]") || document.getElementById(target.dataset.why)) return;
  target.setAttribute("aria-expanded", "false");
  target.closest("tr").classList.remove("on");
});

document.addEventListener("keydown", (event) => {
  const row = event.key === "Escape" && event.target.closest?.("tr.why-row, tr.on");
  if (row) close(row.matches(".why-row") ? row : document.getElementById(row.querySelector("a[data-why]").dataset.why));
});

const table = document.querySelector("table.asked-lines");
new MutationObserver((changes) => {
  for (const added of changes.flatMap((change) => [...change.addedNodes])) if (added.matches?.("tr.why-row")) place(added);
}).observe(table?.tBodies[0] ?? document.createElement("div"), { childList: true });
all("tr.why-row").forEach(place);

const bar = document.querySelector(".save-bar");
const inputOf = (line) => line.querySelector("input.quantity");
const packs = (units, size) => {
  const whole = Math.floor(units / size);
  const rest = units % size;
  return size <= 1 || !units ? "" : !whole ? written(rest) : `${written(whole)} ×\u00a0${written(size)}${rest ? `\n+ ${written(rest)}` : ""}`;
};

function follow(line) {
  const units = figure(inputOf(line).value) ?? 0;
  line.querySelector("[data-packs]").textContent = packs(units, Number(line.dataset.pack));
  line.classList.toggle("unsaved", figure(inputOf(line).value) !== Number(line.dataset.saved));
  askReason(line);
  remark(line);
}

function total() {
  const lines = all("[data-line]", table);
  const sum = lines.reduce((money, line) => money + (figure(inputOf(line).value) ?? 0) * Number(line.dataset.price), 0);
  const place = bar.querySelector("[data-total-money]");
  place.textContent = `${written(Math.round(sum + Number(place.dataset.rest)))}\u00a0${place.dataset.sign}`;
  const unsaved = lines.filter((line) => line.classList.contains("unsaved")).length;
  const note = bar.querySelector("[data-unsaved]");
  const words = unsaved > 1 ? note.dataset.many : note.dataset.one;
  note.textContent = unsaved ? ` · ${words.replace("{n}", written(unsaved))}` : "";
}

/** A reason is asked under each line whose figure is another than the one before; without script all stand there. */
function askReason(line) {
  const row = document.getElementById(line.id.replace("line-", "reason-"));
  const changed = line.classList.contains("unsaved");
  row.hidden = !changed && !row.dataset.kept;
  const [why, own] = row.querySelectorAll("select, input:not([type=checkbox])");
  own.hidden = why.value !== "other";
}

/** What is odd about a figure is said at once; it is asked when the requisition is saved. */
function remark(line) {
  const units = figure(inputOf(line).value) ?? 0;
  const words = units > Number(table.dataset.most) ? table.dataset.large
    : units % Number(line.dataset.pack) ? table.dataset.broken : "";
  const note = line.querySelector("[data-odd]");
  note.hidden = !words;
  note.textContent = words;
}

/** One reason for the lines that follow: those that are changed and have none take it. */
function carry(row) {
  const why = row.querySelector("select");
  const [own, same] = row.querySelectorAll("input");
  if (!same.checked || !why.value) return;
  const rows = all("tr.reason-row", table);
  for (const next of rows.slice(rows.indexOf(row) + 1)) {
    if (next.querySelector("select").value) continue;
    next.querySelector("select").value = why.value;
    next.querySelector("input").value = own.value;
    next.querySelector("input").hidden = why.value !== "other";
  }
}

if (table?.dataset.lines) {
  table.addEventListener("input", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    follow(line);
    total();
  });
  table.addEventListener("change", (event) => {
    const row = event.target.closest("tr.reason-row");
    if (!row) return;
    row.querySelector("input").hidden = row.querySelector("select").value !== "other";
    carry(row);
  });
  for (const row of all("tr.reason-row", table)) if (!row.hidden) row.dataset.kept = "1";
  all("[data-line]", table).forEach(follow);
  total();
}
