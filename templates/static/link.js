// Asks for the address of a link. A dialog of the page does it, because browsers do not show their own prompt in
// a frame of another site.
"use strict";

const policyLinks = (function () {
  const dialog = document.querySelector("#link");
  const address = dialog.querySelector("input");
  const problem = dialog.querySelector("[role=alert]");
  let into; // the editor that asks

  dialog.querySelector("form").addEventListener("submit", function (e) {
    e.preventDefault();
    const to = address.value.trim();
    if (!/^(https?:\/\/|mailto:)\S+$/i.test(to)) {
      problem.textContent = dialog.dataset.bad;
      return address.focus();
    }
    dialog.close();
    into.editor.makeLink(to);
  });
  dialog.querySelector("[type=button]").addEventListener("click", function () { dialog.close(); });
  dialog.addEventListener("close", function () { into.root.focus(); });

  // attach returns what the toolbar's button does: it takes the link away where one is.
  function attach(editor, root) {
    return function () {
      if (editor.hasFormat("A")) return editor.removeLink();
      into = { editor: editor, root: root };
      address.value = "https://";
      problem.textContent = "";
      dialog.showModal();
      address.focus();
      address.setSelectionRange(8, 8);
    };
  }

  return { attach: attach };
})();
