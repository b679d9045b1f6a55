"use strict";
// Sorting: a click on a column's name; the second click turns it round. Cells without a number go last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.tHead.querySelectorAll("th").forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => row.cells[column].dataset.v;
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x !== undefined && y !== undefined) return down ? y - x : x - y;
        if (x !== undefined || y !== undefined) return x === undefined ? 1 : -1;
        const order = a.cells[column].textContent.localeCompare(b.cells[column].textContent, "en", { numeric: true });
        return down ? -order : order;
      };
      [...body.rows].sort(compare).forEach(row => body.append(row));
    });
  });
}

// Only what is wider than its box scrolls, and then the keyboard must reach it.
const boxes = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const over = target.scrollWidth > target.clientWidth + 1;
    target.classList.toggle("over", over);
    if (over) target.setAttribute("tabindex", "0"); else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".scroll, pre, math[display=block], .prose p:has(> math)")) boxes.observe(box);

// A picture that goes on fades at its right until it is scrolled to its end.
for (const box of document.querySelectorAll(".picture")) {
  const look = () => box.classList.toggle("more", box.scrollWidth - box.clientWidth - box.scrollLeft > 2);
  box.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(box);
}

// Inside of the live page a link must not take the report's place, and there are no files beside it.
if (self !== top) {
  for (const link of document.querySelectorAll("a[href]")) {
    const target = link.getAttribute("href");
    if (target.startsWith("#")) continue;
    if (/^(https?|mailto):/i.test(target)) [link.target, link.rel] = ["_blank", "noopener"];
    else link.removeAttribute("href");
  }
}

// Values in pictures: on hover, on a tap, and with the arrow keys. The browser's own slow tips give way.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);
const show = (text, x, y) => {
  tip.textContent = text;
  tip.hidden = false;
  // Its size must not depend on where it was before.
  tip.style.left = tip.style.top = "0";
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 4)) + "px";
  tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + "px";
};
const hide = () => { tip.hidden = true; };
for (const svg of document.querySelectorAll(".picture > svg")) {
  for (const title of svg.querySelectorAll("title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  const marks = [...svg.querySelectorAll("[data-tip]")];
  if (!marks.length) continue;
  const over = event => {
    const mark = event.target.closest("[data-tip]");
    if (mark) show(mark.dataset.tip, event.clientX, event.clientY); else hide();
  };
  svg.addEventListener("pointermove", over);
  svg.addEventListener("pointerdown", over);
  svg.addEventListener("pointerleave", hide);
  svg.tabIndex = 0;
  svg.addEventListener("blur", hide);
  let at = -1;
  svg.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") return hide();
    if (!step) return;
    event.preventDefault();
    at = (at + step + marks.length) % marks.length;
    const box = marks[at].getBoundingClientRect();
    show(marks[at].dataset.tip, box.left + box.width / 2, box.top + Math.min(box.height / 2, 80));
  });
}
