// Scanning room by room: the room of the scan before is proposed again, also on a device without a link.
import "./piece.js";

const room = document.querySelector("main form [name=room]");
const name = "amagara-room";

if (room && !room.value) room.value = sessionStorage.getItem(name) ?? "";
room?.form.addEventListener("submit", () => sessionStorage.setItem(name, room.value));
