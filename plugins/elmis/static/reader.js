// The page that tries a reader: what it typed, how fast, on which keyboard, and whether it is what the code says.
import { all, asked, csrf } from "../../../core/web/static/js/dom.js";

const form = document.querySelector("[data-reader]");
const words = form.dataset;
const shown = (text) => text.replaceAll("\x1d", "␝");
const bare = (text) => text.replace(/^\][A-Za-z]\d/, "").replace(/^\x1d/, "");

function speed({ gap, slowest }) {
  if (!gap) return "–";
  return gap < 30 && slowest < 100 ? words.fast : words.slow.replace("{n}", gap);
}

function verdict(text) {
  const known = all("[data-sends]").map((sample) => sample.dataset.sends);
  if (known.includes(bare(text))) return ["exact", "tone-ok"];
  const lost = known.some((sends) => sends.replaceAll("\x1d", "") === bare(text).replaceAll("\x1d", ""));
  return lost ? ["separator", "tone-warn"] : ["differs", "tone-info"];
}

function row([name, value]) {
  const made = document.createElement("div");
  made.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
  return made;
}

document.addEventListener("scan", async (event) => {
  event.preventDefault();
  const { text, end, places, signs } = event.detail;
  const facts = { text: shown(text), length: text.length, separators: (text.match(/\x1d/g) ?? []).length, speed: speed(event.detail),
    layout: signs === undefined ? "–" : places === signs ? words.same : words.other, end: end || words.none };
  for (const [name, value] of Object.entries(facts)) document.querySelector(`[data-fact=${name}]`).textContent = value;
  document.querySelector("[data-facts]").hidden = false;
  const [word, tone] = verdict(text);
  Object.assign(document.querySelector("[data-verdict]"), { textContent: words[word], className: `message ${tone}` });
  const body = new FormData();
  body.set("text", text);
  body.set("csrf_token", csrf());
  const answer = await asked(location.pathname, { method: "POST", body });
  if (answer) document.querySelector("[data-understood]").replaceChildren(...(await answer.json()).rows.map(row));
  document.querySelector("[data-verdict]").closest("section, .card").scrollIntoView({ block: "nearest" });
});
