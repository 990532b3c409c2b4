// Shows beside the editor what a learner is going to see of the text that is being written, and who else writes.
"use strict";

(function () {
  const form = document.querySelector("form[data-typing]");
  const preview = document.getElementById("preview");
  if (!form || !preview || !window.fetch) return;
  const pane = document.getElementById("preview-pane");
  const originals = document.querySelectorAll("details.original");

  // On a wide screen there is room for everything; on a narrow one each part opens when it is wanted.
  const wide = window.matchMedia("(min-width: 75rem)");
  const middle = window.matchMedia("(min-width: 56rem)");
  preview.hidden = false;
  function arrange() {
    preview.open = wide.matches;
    for (const d of originals) d.open = middle.matches;
  }
  wide.addEventListener("change", arrange);
  middle.addEventListener("change", arrange);
  arrange();

  // The pane follows the text in which somebody writes.
  form.dataset.show = "0";
  form.addEventListener("focusin", function (e) {
    const text = e.target.closest(".edittext");
    if (!text || e.target.closest("summary, .original")) return;
    const number = text.id.replace("text-", "");
    if (number === form.dataset.show) return;
    form.dataset.show = number;
    form.dispatchEvent(new CustomEvent("ask", { detail: {} }));
  });

  // What a reader opened, closed or scrolled to stays so.
  function replace(to, from) {
    const open = new Map(Array.from(to.querySelectorAll("details"), function (d) { return [d.className, d.open]; }));
    const top = to.scrollTop;
    to.replaceChildren(...Array.from(document.importNode(from, true).childNodes));
    for (const d of to.querySelectorAll("details")) if (open.has(d.className)) d.open = open.get(d.className);
    to.scrollTop = top;
  }

  form.addEventListener("answered", function (e) {
    const part = function (name) { return e.detail.querySelector('[data-part="' + name + '"]'); };
    if (!pane.contains(document.activeElement) || document.activeElement === pane) replace(pane, part("preview"));
    const typists = document.getElementById("typists");
    if (typists.textContent.trim() !== part("typists").textContent.trim()) replace(typists, part("typists"));
    const original = part("original");
    if (!original) return;
    for (const d of originals) {
      const to = d.querySelector(".originaltext");
      if (to.contains(document.activeElement) && document.activeElement !== to) continue;
      const copy = document.importNode(original, true);
      // The same text stands beside each translation: ids and the links to them would meet themselves.
      for (const x of copy.querySelectorAll("[id]")) x.removeAttribute("id");
      for (const x of copy.querySelectorAll('a[href^="#"]')) x.removeAttribute("href");
      replace(to, copy);
    }
  });
})();
