// Forms: sent once, the fault summary takes the focus, unsaved work is not lost by a slip.
import { all } from "./dom.js";

let leaving = false;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  leaving = true;
  (event.submitter ?? form.querySelector("button:not([type=button])"))?.setAttribute("aria-busy", "true");
});

// Back from the next page: the form may be sent again.
addEventListener("pageshow", () => {
  leaving = false;
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-leave]")) leaving = true;
  const link = event.target.closest(".error-summary a");
  if (!link) return;
  const place = document.getElementById(link.hash.slice(1));
  const target = place?.matches("input, select, textarea") && place.type !== "hidden" && !place.hidden
    ? place : place?.querySelector("input, select, textarea") ?? document.getElementById(`${link.hash.slice(1)}-text`);
  if (!target) return;
  event.preventDefault();
  target.focus();
  target.closest(".field, tr")?.scrollIntoView({ block: "center" });
});

// Drafts are kept on the device by drafts.js; only forms without one need the question.
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.method === "post" && form.matches("main form:not([data-draft])")) form.dataset.touched = "1";
});

addEventListener("beforeunload", (event) => {
  if (!leaving && document.querySelector("form[data-touched]:not([data-sent])")) event.preventDefault();
});

// What is typed into a figure replaces it.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("input:is([type=number], [inputmode=numeric], [inputmode=decimal]):not([data-date])")) target.select();
});

// A choice that makes another field needed, select or radio [data-demands=FIELD][data-when="CODE …"]: its label says so;
// with [data-only] the field is shown only then.
function demand(choice) {
  const field = choice.form.elements[choice.dataset.demands];
  const needed = choice.dataset.when.split(" ").includes(choice.form.elements[choice.name].value);
  const mark = choice.form.querySelector(`label[for="${CSS.escape(field.id)}"] .optional`);
  if (mark) mark.hidden = needed;
  if ("only" in choice.dataset) field.closest(".field").hidden = !needed;
  field.ariaRequired = needed ? "true" : null;
}
for (const choice of all("[data-demands]")) {
  demand(choice);
  choice.addEventListener("change", () => demand(choice));
}

const first = document.querySelector("[data-focus]");
first?.focus();
first?.closest("[data-line]")?.scrollIntoView({ block: "center" });
