// Dates are typed as day/month/year: the strokes come by themselves, and a button opens the browser's calendar.
import { all, fill, say } from "./dom.js";

/** 31122027 as it grows: 31/1, 31/12/2; 12/2027 stays a month. Words stay as they are: the server says what it takes. */
function stroked(text, kind) {
  if (/[^\d\s/.-]/.test(text)) return text;
  const digits = text.replace(/[^\d/]/g, "");
  if (kind === "month") return digits.replace(/^(\d\d)(\d)/, "$1/$2");
  if (kind === "expiry" && /^\d{1,2}\/(19|20)\d/.test(digits)) return digits;
  return digits.replace(/^(\d\d)(\d)/, "$1/$2").replace(/^(\d{1,2}\/\d\d)(\d)/, "$1/$2");
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset?.date || !event.inputType?.startsWith("insert") || field.selectionEnd !== field.value.length) return;
  if (/^\d{4}-/.test(field.value)) return;
  const text = stroked(field.value, field.dataset.date);
  if (text !== field.value) field.value = text;
});

/** A button that opens a calendar; its day is written as if it had been typed. */
function offer(field) {
  const picker = Object.assign(document.createElement("input"), { type: field.dataset.date === "month" ? "month" : "date", tabIndex: -1, className: "picker" });
  if (!picker.showPicker || picker.type === "text") return;
  picker.setAttribute("aria-hidden", "true");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "pick-day" });
  button.setAttribute("aria-label", say("calendar"));
  button.append(document.querySelector("#calendar-sign").content.cloneNode(true));
  const place = document.createElement("span");
  place.className = "with-day";
  field.before(place);
  place.append(field, button, picker);
  button.addEventListener("click", () => { picker.value = field.value.split("/").reverse().join("-"); picker.showPicker(); });
  picker.addEventListener("change", () => { if (picker.value) fill(field, picker.value.split("-").reverse().join("/")); field.focus(); });
}

all("form:not([data-lines] *) [data-date]:not([data-line] *)").forEach(offer);
