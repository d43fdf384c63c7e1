// button[data-camera]: the camera reads codes. Its parts are large and are fetched at the first press only.
import { all, say, toast } from "./dom.js";
import { announce } from "./scanner.js";

async function open(button) {
  button.setAttribute("aria-busy", "true");
  try {
    const { watch } = await import(button.dataset.camera);
    await watch(button.dataset.wasm, (text) => announce({ text, end: "camera" }, button.closest("form")));
  } catch (error) {
    console.warn(error);
    toast(say(error?.name === "NotAllowedError" ? "camera-refused" : "camera-missing"));
  }
  button.removeAttribute("aria-busy");
}

for (const button of all("button[data-camera]")) {
  button.hidden = !navigator.mediaDevices?.getUserMedia;
  button.addEventListener("click", () => open(button));
}
