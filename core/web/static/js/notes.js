// Notes beside a grid that stay until they are put away: several codes may fail in a row. The last few stand open, the
// older ones are folded above them; the same words stand there once.
import { all, say, toast } from "./dom.js";

const OPEN = 3;
const made = (tag, facts) => Object.assign(document.createElement(tag), facts);
const squeezed = (text) => text.replace(/\s+/g, " ").trim();

/** The box of notes of a grid; made when there is none. */
function boxOf(grid) {
  const card = grid.closest(".card") ?? grid, there = card.nextElementSibling;
  if (there?.matches(".scan-notes")) return there;
  const box = made("div", { className: "scan-notes", role: "status" });
  const older = made("details", { hidden: true });
  const every = made("button", { type: "button", className: "button", textContent: say("dismiss-all") });
  every.addEventListener("click", () => box.remove());
  older.append(made("summary", {}), made("ul", {}), every);
  box.append(older, made("ul", {}));
  card.after(box);
  return box;
}

/** Fold what is more than a few. */
function fold(box) {
  const [folded, open] = all("ul", box);
  while (open.children.length > OPEN) folded.append(open.firstElementChild);
  while (open.children.length < OPEN && folded.lastElementChild) open.prepend(folded.lastElementChild);
  folded.parentElement.hidden = !folded.children.length;
  folded.parentElement.querySelector("summary").textContent = say("older", { n: folded.children.length });
}

/** Note something beside a grid; `again` is what another try does. */
export function note(grid, text, again) {
  const box = boxOf(grid), line = made("li", {});
  all("li", box).find((one) => one.dataset.text === text)?.remove();
  line.dataset.text = text;
  line.append(text, " ");
  for (const [word, act] of [["again", again], ["dismiss", () => {}]]) {
    if (!act) continue;
    const button = made("button", { type: "button", className: "button", textContent: say(word) });
    button.addEventListener("click", () => { line.remove(); fold(box); act(); });
    line.append(button);
  }
  box.lastElementChild.append(line);
  fold(box);
  line.scrollIntoView({ block: "center" });
}

/** What a code without a place is told as: refused with its reason, or not answered. */
export const failed = (text, found) => say(found.error ? "refused" : "unanswered", { text: text.replaceAll("\x1d", ""), why: found.error });

/** What the line of a field stands for: its product and lot, else the label of the field. */
function nameOf(field) {
  const line = field.closest("[data-line], tr"), product = line?.querySelector("[data-field=product]");
  if (!line) return squeezed(field.labels?.[0]?.textContent ?? "");
  const head = product ? product.dataset.label || product.value : (line.querySelector(".of") ?? line.cells?.[0])?.textContent ?? "";
  const lot = line.querySelector("[data-field=lot]")?.value ?? line.querySelector("bdi")?.textContent ?? "";
  return squeezed(`${head} ${head.includes(lot) ? "" : lot}`);
}

// A figure that was typed so shortly before a code that both are one burst: it is gone from its field, and told.
document.addEventListener("taken-back", ({ target, detail }) => {
  const text = say("taken-back", { figure: detail.figure, line: nameOf(target) }), grid = target.closest("table");
  if (grid) note(grid, text, () => target.focus());
  else toast(text);
});
