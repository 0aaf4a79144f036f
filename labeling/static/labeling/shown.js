// Items on pages where nobody judges: only what their renderings ask for.
import { begin } from "./wanted.js";

document.body.dataset.ready = "";
begin();
