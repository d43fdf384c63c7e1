// What a line of a store's form says of its product once it is chosen: unit, pack, stock on hand, lots,
// and at once when more is asked than can be given out. table[data-shelf="/address"]; [data-out] when goods leave.
import { all, asked, figure, say } from "../../../core/web/static/js/dom.js";
import { total, units } from "./parts/measure.js";

const cell = (line, name) => line.querySelector(`[data-field="${name}"]`);
const known = new Map();

async function factsOf(grid, line) {
  const code = cell(line, "product")?.value.trim();
  if (!code) return null;
  const url = new URL(grid.dataset.shelf, location.href);
  url.searchParams.set("product", code);
  url.searchParams.set("store", grid.closest("form").elements.store?.value ?? "");
  if (!known.has(url.href)) {
    known.set(url.href, asked(url).then((answer) => (answer?.ok ? answer.json() : null)).catch(() => ({ silent: true })));
    known.get(url.href).then((facts) => facts?.unit || known.delete(url.href));  // asked again when there was no answer
  }
  return known.get(url.href);
}

// The pack that the page showed goes along: the catalogue may have another by the time this is sent.
function show(line, facts) {
  const size = cell(line, "size"), code = cell(line, "product").value.trim();
  if (size && (!size.value || (line.dataset.shown && line.dataset.shown !== code))) size.value = facts.pack;
  line.dataset.shown = code;
}

function name(line, facts) {
  const measure = line.querySelector("[data-measure]");
  if (!measure) return;
  measure.options[0].text = facts.unit;
  measure.options[1].text = facts.pack_words;
  measure.options[1].hidden = measure.options[1].disabled = facts.pack < 2;
  if (facts.pack < 2) measure.value = "unit";
}

async function tell(grid, line) {
  const place = line.querySelector("[data-at-line]"), facts = await factsOf(grid, line);
  total(line, facts?.pack ?? 1, facts?.unit, facts?.units);
  if (!place) return;
  if (!facts?.unit) {
    place.textContent = facts?.silent ? say("unreachable") : "";
    place.classList.remove("error");
    if (cell(line, "size")) cell(line, "size").value = "";
    return;
  }
  name(line, facts);
  show(line, facts);
  line.facts = facts;
  const wanted = units(line, facts.pack) ?? 0, lot = cell(line, "lot")?.value.trim().toLowerCase();
  const there = lot ? facts.by_lot[lot] ?? null : facts.free;
  const short = "out" in grid.dataset && (lot ? there === null || wanted > there : wanted > facts.free);
  place.replaceChildren(short ? facts.short : facts.says);
  place.classList.toggle("error", short);
  if (facts.elsewhere) place.append(` ${facts.elsewhere}`);
  if (facts.lots.length) {
    const list = document.createElement("span");
    list.className = "at-line-lots";
    list.textContent = facts.lots.slice(0, 4).join(" · ");
    place.append(list);
  }
}

// A slip that waits is recorded later: the lot that it leaves open is the one that the line shows now, not the first of that
// day. Where what is left of one lot is not enough, the server shares it out as it arrives. One that was sent before is
// the same sending, and stays as it was.
document.addEventListener("waits", ({ target: form, detail: waiting }) => {
  if ("again" in form.dataset) return;
  const taken = takenBy(form, waiting), open = (line) => !cell(line, "lot")?.value;
  for (const line of all("table[data-out] [data-line]", form).sort((one, other) => open(one) - open(other))) {
    const lot = cell(line, "lot"), code = cell(line, "product")?.value, [first, there] = line.facts?.first ?? [];
    const wanted = units(line, line.facts?.pack) ?? 0;
    if (lot && open(line) && first && wanted + taken.of(code, first) + taken.of(code, "") <= there) lot.value = first;
    taken.add(code, lot?.value ?? "", wanted);
  }
});

/** What slips that wait on this device take of the store of a form; a page that it keeps does not know of them. */
function takenBy(form, waiting) {
  const sums = new Map(), name = (code, lot) => `${code} ${lot.trim().toLowerCase()}`;
  const of = (code, lot) => sums.get(name(code, lot)) ?? 0;
  const add = (code, lot, much) => sums.set(name(code, lot), of(code, lot) + much);
  const { _key: key, _place: place, store } = form.elements;
  for (const { fields, key: other } of waiting) {
    const said = new Map(fields);
    if (other === key.value || said.get("_place") !== place.value || (said.get("store") ?? "") !== (store?.value ?? "")) continue;
    for (const [field, code] of said) {
      const line = /^(lines-\d+)-product$/.exec(field)?.[1];
      if (!line || said.has(`${line}-expiry`)) continue;  // what has an expiry to type comes in
      const pack = said.get(`${line}-measure`) === "pack" ? Number(said.get(`${line}-size`)) || 1 : 1;
      add(code, said.get(`${line}-lot`) ?? "", (figure(said.get(`${line}-quantity`) ?? "") ?? 0) * pack);
    }
  }
  return { of, add };
}

// What the address proposes the server writes down; a copy does it itself.
const proposed = document.body.dataset.keptAt ? new URLSearchParams(location.search) : new Map();
const first = document.querySelector("table[data-shelf] [data-line]");
for (const name of first && proposed.get("product") ? ["product", "lot", "quantity"] : []) {
  const field = cell(first, name), value = proposed.get(name);
  if (!field || !value) continue;
  field.value = value;
  field.dispatchEvent(new Event("restored", { bubbles: true }));
}

for (const grid of all("table[data-shelf]")) {
  let timer;
  const soon = (line) => { clearTimeout(timer); timer = setTimeout(() => tell(grid, line), 120); };
  for (const kind of ["input", "change", "restored"]) {
    grid.addEventListener(kind, (event) => { const line = event.target.closest("[data-line]"); if (line) soon(line); });
  }
  const { store, target } = grid.closest("form").elements;
  store?.addEventListener?.("change", () => {
    if (target?.value === store.value) target.value = [...target.options].find((one) => one.value && one.value !== store.value)?.value ?? "";
    all("[data-line]", grid).forEach((line) => tell(grid, line));
  });
  all("[data-line]", grid).forEach((line) => tell(grid, line));
}
