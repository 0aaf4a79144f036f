// <time data-relative> reads as "3 minutes ago"; the exact time stays in its title.
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

function relative(seconds) {
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return words.format(Math.round(seconds / length), unit);
}

function refresh(root = document) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    if (Math.abs(seconds) > 14 * 86400) continue;
    time.title ||= time.textContent;
    time.textContent = relative(seconds);
  }
}

refresh();
setInterval(refresh, 30000);
document.addEventListener("htmx:afterSettle", (event) => refresh(event.target));
