// Offers what the importer makes of pasted text that comes from a PDF or a word processor, or of a document that is chosen:
// it is shown first, replaces the paste or the full text only when somebody says so, and can be taken back.
"use strict";

(function () {
  const form = document.querySelector("form[data-typing]");
  if (!form) return;

  let waiting = null; // the paste that the server is asked about

  // Lines of a PDF come without markup, Word's come with its own. Other markup knows its paragraphs.
  function doubtful(text, html) {
    return text.trim().split("\n").length > 2 && (!html || /mso-|class="?Mso|urn:schemas-microsoft-com/i.test(html));
  }

  // The editor leaves styles out, but words may be struck out, hidden or numbered by them.
  function styled(html) {
    return html.length < 400000 && /<[^>]*\s(style\s*=|hidden[\s=>])|<style|class="?Mso|<(ins|del)\b/i.test(html) ? html : "";
  }

  document.addEventListener("paste", function (e) {
    const root = e.target.closest && e.target.closest(".richtext");
    if (!root || !root.squire || !e.clipboardData) return;
    const text = e.clipboardData.getData("text/plain");
    const html = e.clipboardData.getData("text/html");
    const look = styled(html);
    if (!look && !doubtful(text, html)) return;
    const editor = root.squire;
    const paste = { editor: editor, root: root, box: root.closest(".rich"), after: "", range: null };
    const start = placeOf(root, editor.getSelection());
    withdraw(paste.box);
    // The first change is the paste itself; the caret stands at its end.
    const seen = function () {
      editor.removeEventListener("input", seen);
      const end = editor.getSelection();
      paste.range = document.createRange();
      found(root, start, paste.range);
      paste.range.setEnd(end.endContainer, end.endOffset);
      paste.after = editor.getHTML();
      waiting = paste;
      form.dispatchEvent(new CustomEvent("ask", { detail: { pasted: doubtful(text, html) ? text : "", styled: look, show: root.closest(".edittext").id.replace("text-", "") } }));
    };
    editor.addEventListener("input", seen);
  }, true);

  // Where a selection begins: how many characters stand before it, and whether it is the start of a block. Nodes
  // are no measure, the paste divides them.
  function placeOf(root, selection) {
    const before = document.createRange();
    before.selectNodeContents(root);
    before.setEnd(selection.startContainer, selection.startOffset);
    const text = before.toString().length;
    let block = selection.startContainer;
    while (block !== root && !/^(P|DIV|H[1-6]|LI|TD|TH|PRE|BLOCKQUOTE)$/.test(block.nodeName)) block = block.parentNode;
    before.setStart(block, 0);
    return { text: text, first: before.toString() === "" };
  }

  function found(root, place, range) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let left = place.text;
    range.setStart(root, 0);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      if (left < n.length || (left === n.length && !place.first)) {
        range.setStart(n, left);
        return;
      }
      left -= n.length;
    }
  }

  // A document is offered for the whole text. Where the text is HTML or plain, the form takes it along as it is.
  for (const field of form.querySelectorAll("[data-document]")) {
    const n = field.name.split(".")[1];
    field.addEventListener("change", function () {
      const box = form.querySelector('[name="content.' + n + '"]').closest("label").nextElementSibling;
      const root = box && box.matches(".rich") && box.querySelector(".richtext");
      const large = field.files.length && field.files[0].size > 6 << 20;
      field.setCustomValidity(large ? field.dataset.document : "");
      if (large) return field.reportValidity();
      if (!root || !root.squire || !field.files.length) return;
      const range = document.createRange();
      range.selectNodeContents(root);
      withdraw(box);
      waiting = { editor: root.squire, root: root, box: box, after: root.squire.getHTML(), range: range };
      form.dispatchEvent(new CustomEvent("ask", { detail: { [field.name]: field.files[0], show: n } }));
      field.value = ""; // it is not sent again with the form
    });
  }

  form.addEventListener("answered", function (e) {
    const part = e.detail.querySelector('[data-part="repair"]');
    if (!part || !waiting) return;
    offer(waiting, document.importNode(part, true));
    waiting = null;
  });

  function withdraw(box) {
    for (const old of box.querySelectorAll(".repair")) old.remove();
  }

  function offer(paste, part) {
    const editor = paste.editor;
    if (editor.getHTML() !== paste.after) return; // somebody wrote on meanwhile
    withdraw(paste.box);
    const section = document.createElement("div");
    section.className = "repair";
    section.setAttribute("role", "group");
    const title = part.querySelector("strong").textContent;
    section.setAttribute("aria-label", title);
    document.getElementById("keptsaid").textContent = title;
    const find = function (name) { return part.querySelector('[data-repair="' + name + '"]'); };
    const raw = find("text").innerHTML;
    let current = paste.after;
    const gone = function () { // what is pasted is no longer what the offer is about
      if (editor.getHTML() === current) return;
      editor.removeEventListener("input", gone);
      section.remove();
    };
    const put = function (change) {
      editor.removeEventListener("input", gone);
      change();
      current = editor.getHTML();
      editor.addEventListener("input", gone);
      paste.root.focus();
    };
    find("use").addEventListener("click", function () {
      put(function () {
        editor.setSelection(paste.range);
        editor.insertHTML(raw);
      });
      for (const b of [find("use"), find("leave")]) b.hidden = true;
      for (const x of Array.from(part.children)) if (!x.contains(find("done"))) x.remove();
      find("done").hidden = false;
    });
    find("back").addEventListener("click", function () {
      put(function () { editor.undo(); });
      section.remove();
    });
    find("leave").addEventListener("click", function () {
      section.remove();
      paste.root.focus();
    });
    editor.addEventListener("input", gone);
    section.append(part);
    paste.box.append(section);
  }
})();
