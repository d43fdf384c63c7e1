// What the camera sees, read by zxing. Fetched when the camera is opened, never with a page.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { say } from "./dom.js";

const FORMATS = ["DataMatrix", "QRCode", "Code128", "EAN13", "EAN8", "UPCA", "ITF14"];
const AGAIN = 1500;  // ms out of sight after which the same code counts as another package
const SIDE = 960;    // px of the longer side of what is read

function element(name, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

async function torch(track, button) {
  if (!track.getCapabilities?.().torch) return;
  let on = false;
  button.hidden = false;
  button.addEventListener("click", () => { on = !on; track.applyConstraints({ advanced: [{ torch: on }] }); });
}

/** A window with the picture, the last code and a way out. */
function sheet() {
  const video = element("video", { muted: true, playsInline: true, autoplay: true });
  const read = element("output", { className: "camera-read", textContent: say("camera-aim") });
  const light = element("button", { type: "button", className: "button", hidden: true, textContent: say("camera-light") });
  const close = element("button", { type: "button", className: "button strong", textContent: say("dismiss") });
  const dialog = element("dialog", { className: "camera" }, video, read, element("p", { className: "row" }, light, close));
  dialog.setAttribute("aria-label", say("camera"));
  close.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  return { dialog, video, read, light };
}

function frame(video, canvas) {
  const shrink = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * shrink);
  canvas.height = Math.round(video.videoHeight * shrink);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** What a reader at the cable would send: the kind of code, and the separators as they are. */
const sent = (code) => (/^\](d2|C1|Q3|e0)/.test(code.symbologyIdentifier) ? code.symbologyIdentifier : "") + code.text;

/** Read codes until the window is closed; each goes to `found` once for each time it comes into sight. */
export async function watch(wasm, found) {
  prepareZXingModule({ overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path) } });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  const { dialog, video, read, light } = sheet();
  const canvas = document.createElement("canvas");
  const seen = new Map();
  const leave = () => { if (document.visibilityState === "hidden") dialog.close(); };
  document.addEventListener("visibilitychange", leave);
  video.srcObject = stream;
  torch(stream.getVideoTracks()[0], light);
  dialog.showModal();
  try {
    await video.play();
    while (dialog.open) {
      const options = { formats: FORMATS, maxNumberOfSymbols: 1, textMode: "Plain", tryHarder: true };
      const [code] = video.videoWidth ? await readBarcodes(frame(video, canvas), options) : [];
      if (code?.isValid && dialog.open) {
        const text = sent(code), now = performance.now();
        if (now - (seen.get(text) ?? -AGAIN) >= AGAIN) {
          read.textContent = text.replace(/^\]../, "").replaceAll("\x1d", " ");
          navigator.vibrate?.(60);
          found(text);
        }
        seen.set(text, now);
      }
      await new Promise((done) => { setTimeout(done, 60); });
    }
  } finally {
    document.removeEventListener("visibilitychange", leave);
    stream.getTracks().forEach((track) => track.stop());
    dialog.remove();
  }
}
