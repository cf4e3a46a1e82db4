// Comfort only: the pages work without it. Marks the row of the span that is shown, and lets the keyboard walk the rows.
"use strict";
const rows = [...document.querySelectorAll(".fall tbody th a")];
const chosen = () => rows.find((row) => row.hash === location.hash);

function mark() {
  for (const row of rows) {
    const is = row.hash === location.hash;
    row.closest("tr").classList.toggle("chosen", is);
    if (is) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select")) return;
  const at = rows.indexOf(chosen() ?? document.activeElement);
  if (event.key === "Escape" && chosen()) {
    const row = chosen();
    location.hash = row.id;
    row.focus();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && at >= 0) {
    const next = rows[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    if (chosen()) location.replace(next.hash);
    next.focus({ preventScroll: false });
  }
});
window.addEventListener("hashchange", mark);
mark();
