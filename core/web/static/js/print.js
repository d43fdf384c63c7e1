// Buttons [data-print] print the page; without script they stay hidden, the browser's own menu prints.
import { all } from "./dom.js";

for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
