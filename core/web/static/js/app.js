// The core's behaviours. Every page works without them; each module stands alone.
import "./bulk.js";
import "./cameras.js";
import "./combo.js";
import "./copy.js";
import "./dates.js";
import "./drafts.js";
import "./forms.js";
import "./keyboard.js";
import "./lines.js";
import "./menus.js";
import "./online.js";
import "./scanner.js";
import "./print.js";
import "./queue.js";
import "./theme.js";
