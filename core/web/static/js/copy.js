// A text [data-copy] gets a button that copies it. Where the browser gives no clipboard (no HTTPS) it is selected at least.
import { all, say } from "./dom.js";

async function copy(text, button) {
  getSelection().selectAllChildren(text);
  try { await navigator.clipboard.writeText(text.textContent); } catch { if (!document.execCommand("copy")) return; }
  button.textContent = say("copied");
}

for (const text of all("[data-copy]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: say("to-copy") });
  button.addEventListener("click", () => copy(text, button));
  text.after(button);
}
