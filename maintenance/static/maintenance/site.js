import "./themes.js";
import "./menus.js";
import "./dialogs.js";
import "./copy.js";
import "./filters.js";
import "./times.js";
import "./focus.js";
import "./palette.js";
