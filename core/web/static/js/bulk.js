// The chosen rows: their number in words, all of the page, all of the filter.
import { all, say, written } from "./dom.js";

const bar = document.querySelector("[data-selection]");
const picks = () => all(".pick");
const head = () => document.querySelector("[data-pick-all]");
const filter = () => bar.querySelector("[data-pick-filter]");

function refresh() {
  const list = picks();
  const chosen = list.filter((pick) => pick.checked).length;
  if (head()) {
    head().checked = chosen > 0 && chosen === list.length;
    head().indeterminate = chosen > 0 && chosen < list.length;
  }
  const every = filter()?.checked;
  bar.hidden = !chosen && !every;
  const word = every ? "all" : chosen === 1 ? "one" : "many";
  bar.querySelector("[data-selection-text]").textContent =
    say(word, { n: written(every ? Number(bar.dataset.total) : chosen) });
}

function setAll(on) {
  for (const pick of picks()) pick.checked = on;
  if (!on && filter()) filter().checked = false;
  refresh();
}

if (bar) {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) setAll(event.target.checked);
    else if (event.target.matches("[data-pick-filter]") && event.target.checked) setAll(true);
    else if (event.target.matches(".pick, [data-pick-filter]")) {
      if (event.target.matches(".pick") && !event.target.checked && filter()) filter().checked = false;
      refresh();
    }
  });
  bar.querySelector("[data-pick-none]")?.addEventListener("click", () => setAll(false));
  addEventListener("pageshow", refresh);
}
