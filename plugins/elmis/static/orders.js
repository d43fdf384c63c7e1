// Lots of an order and counts of a delivery: sums that follow, and a scan that finds its line.
import { all, asked, csrf, figure as figureOf, inTurn, written } from "../../../core/web/static/js/dom.js";
import { failed, note } from "../../../core/web/static/js/notes.js";

const figure = (input) => figureOf(input?.value ?? "") ?? 0;
const part = (line, name) => line.querySelector(`[data-part="${name}"]`);
const DIFFERENCES = ["missing", "damaged", "refused"];

/** What is set aside of a product, beside what was approved. */
function sum(group) {
  const total = all("[data-line] .input", group).reduce((units, input) => units + figure(input), 0);
  const place = group.querySelector("[data-sum]");
  place.textContent = `${written(total)} / ${written(Number(group.dataset.group))}`;
  place.classList.toggle("error", total > Number(group.dataset.group));
}

const missed = (counts, words) => DIFFERENCES.filter((name) => counts[name])
  .map((name) => words.dataset[`${name}${counts[name] > 1 ? "Many" : "One"}`].replace("{n}", written(counts[name])));

/** The bar counts the lines with a difference, and what they lack: seen before the receipt is sent. */
function tally(table) {
  const place = document.querySelector("[data-tally]");
  const lines = all("[data-line]", table).filter((line) => figure(part(line, "accepted")) !== Number(line.dataset.shipped)
    || DIFFERENCES.some((name) => figure(part(line, name))));
  const sum = (name) => lines.reduce((units, line) => units + figure(part(line, name)), 0);
  const counts = Object.fromEntries(DIFFERENCES.map((name) => [name, sum(name)]));
  const words = place.dataset[lines.length > 1 ? "many" : "one"].replace("{n}", written(lines.length));
  place.textContent = lines.length ? [words, ...missed(counts, table)].join(" · ") : "";
}

/** Say at the line what is missing, damaged or refused, and whether the figures make up what was delivered. */
function check(line) {
  const table = line.closest("table");
  const total = ["accepted", ...DIFFERENCES].reduce((units, name) => units + figure(part(line, name)), 0);
  const left = Number(line.dataset.shipped) - total;
  const words = left > 0 ? table.dataset.left : left < 0 ? table.dataset.over : table.dataset.fits;
  const note = line.querySelector("[data-note]");
  const differs = missed(Object.fromEntries(DIFFERENCES.map((name) => [name, figure(part(line, name))])), table);
  const said = left || !differs.length ? [words.replace("{n}", written(Math.abs(left)))] : [];
  note.textContent = [...differs, ...said].join(" · ");
  note.classList.toggle("error", left < 0);
  note.classList.toggle("warn", left >= 0 && differs.length > 0);
  tally(table);
  const gap = line.querySelector(".gap");
  if (left || DIFFERENCES.some((name) => figure(part(line, name)))) gap.open = true;
}

const later = () => document.querySelector("[name=rest_later]")?.checked;
const rest = (line, but) => Number(line.dataset.shipped) - ["accepted", ...DIFFERENCES]
  .filter((name) => name !== but).reduce((units, name) => units + figure(part(line, name)), 0);

/** Fewer accepted means missing, and a fault found means fewer accepted, until both of those are typed. */
function balance(line, input) {
  const name = input.dataset.part;
  if (!name) return;
  input.dataset.typed = "1";
  if (later()) return;
  const follows = ["accepted", "missing"].filter((other) => other !== name)
    .find((other) => !part(line, other).dataset.typed || part(line, other).value === "");
  if (!follows) return;
  const left = rest(line, follows);
  part(line, follows).value = left > 0 || follows === "accepted" ? Math.max(0, left) : "";
}

/** What the page itself took for missing is on its way once the rest is to come later, and missing again when not. */
function postpone(line) {
  const missing = part(line, "missing");
  if (missing.dataset.typed && missing.value !== "") return;
  if (later() && missing.value !== "" && rest(line) === 0) {
    missing.value = "";
    missing.dataset.later = "1";
  } else if (!later() && (missing.dataset.later || part(line, "accepted").dataset.typed) && rest(line) > 0) {
    missing.value = rest(line);
  }
  check(line);
}

async function ask(table, text) {
  const body = new FormData();
  body.set("text", text);
  body.set("csrf_token", csrf());
  try {
    const answer = await asked(table.dataset.receipt, { method: "POST", body });
    return answer ? await answer.json() : {};
  } catch { return {}; }
}

function read(text) {
  inTurn(ask(table, text), (found) => show(text, found));
}

function show(text, found) {
  const line = found.line && document.getElementById(`line-${found.line}`);
  if (!line) {
    document.activeElement.blur();  // digits that follow belong to no line
    return note(table, failed(text, found), !found.error && (() => read(text)));
  }
  line.classList.add("scanned");
  line.scrollIntoView({ block: "center" });
  part(line, "accepted").focus();
}

const groups = all("[data-group]");
for (const group of groups) {
  sum(group);
  group.addEventListener("input", () => sum(group));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".input")) return;
    event.preventDefault();
    const shown = groups.filter((one) => one.open).flatMap((one) => all("[data-line] .input", one));
    (shown[shown.indexOf(event.target) + 1] ?? event.target).focus();
  });
}
const table = document.querySelector("table[data-receipt]");
if (table) {
  all("[data-line]", table).forEach(check);
  table.addEventListener("input", (event) => {
    const line = event.target.closest("[data-line]");
    balance(line, event.target);
    check(line);
  });
  document.querySelector("[name=rest_later]").addEventListener("change", () => all("[data-line]", table).forEach(postpone));
  table.addEventListener("restored", (event) => check(event.target.closest("[data-line]")));
  document.addEventListener("scan", (event) => {
    event.preventDefault();
    read(event.detail.text);
  });
}
