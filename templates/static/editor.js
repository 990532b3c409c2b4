// Makes rich-text editors of the text fields of a draft. Without this script the fields hold the same text as
// HTML; what is sent is always the field's value.
"use strict";

(function () {
  if (!window.Squire || !document.querySelector) return;

  // Squire asks for nodes. Nothing of a DOMParser's document runs, and the server cleans what is sent.
  function fragment(html) {
    const body = new DOMParser().parseFromString(html, "text/html").body;
    for (const bad of body.querySelectorAll("script, style, iframe, object, embed, svg, meta, link")) bad.remove();
    for (const e of body.querySelectorAll("img")) if (!policyImages.known(e.getAttribute("src") || "")) e.remove();
    for (const e of body.querySelectorAll("*")) {
      for (const a of Array.from(e.attributes)) {
        if (/^on/i.test(a.name) || a.name === "style" || a.name === "class" && !/^(literal|footnotes|level-[1-6])$/.test(a.value)) e.removeAttribute(a.name);
      }
      const to = e.getAttribute("href");
      if (to !== null && !/^(https?:|mailto:|#)/i.test(to.trim())) e.removeAttribute("href");
    }
    const out = document.createDocumentFragment();
    out.append(...Array.from(body.childNodes));
    return document.adoptNode(out);
  }

  // What a button does: [letter, name for assistive technology and title, action].
  function tools(editor, labels, link, image) {
    const block = function (name) {
      editor.modifyBlocks(function (old) {
        const out = document.createDocumentFragment();
        for (const e of Array.from(old.childNodes)) {
          const plain = e.nodeType === 1 && /^(P|DIV|H[2-6])$/.test(e.nodeName);
          if (!plain) {
            out.append(e);
            continue;
          }
          const to = document.createElement(e.nodeName === name ? "P" : name);
          to.append(...Array.from(e.childNodes));
          out.append(to);
        }
        return out;
      });
    };
    return [
      ["B", labels[0], function () { editor.hasFormat("B") ? editor.removeBold() : editor.bold(); }],
      ["I", labels[1], function () { editor.hasFormat("I") ? editor.removeItalic() : editor.italic(); }],
      ["H2", labels[2], function () { block("H2"); }],
      ["H3", labels[3], function () { block("H3"); }],
      ["•", labels[4], function () { editor.hasFormat("UL") ? editor.removeList() : editor.makeUnorderedList(); }],
      ["1.", labels[5], function () { editor.hasFormat("OL") ? editor.removeList() : editor.makeOrderedList(); }],
      ["↗", labels[6], link],
      ["▣", policyImages.label, image],
      ["↶", labels[7], function () { editor.undo(); }],
      ["↷", labels[8], function () { editor.redo(); }],
    ];
  }

  function enhance(field) {
    const labels = field.dataset.rich.split("|");
    const name = field.parentNode.querySelector("span");
    const box = document.createElement("div");
    box.className = "rich";
    const title = document.createElement("p");
    title.className = "richname";
    title.textContent = name.textContent;
    const bar = document.createElement("div");
    bar.className = "toolbar";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", name.textContent);
    const root = document.createElement("div");
    root.className = "policy richtext";
    root.contentEditable = "true";
    root.setAttribute("role", "textbox");
    root.setAttribute("aria-multiline", "true");
    root.setAttribute("aria-label", name.textContent);
    root.lang = field.lang;
    if (field.hasAttribute("aria-describedby")) root.setAttribute("aria-describedby", field.getAttribute("aria-describedby"));
    box.append(title, bar, root);
    field.closest("label").after(box);
    field.closest("label").hidden = true;
    let changed = false;
    let editor;
    try {
      editor = new window.Squire(root, { blockTag: "P", sanitizeToDOMFragment: fragment });
      editor.setHTML(field.value);
    } catch (e) {
      box.remove();
      field.closest("label").hidden = false;
      return;
    }
    root.squire = editor;
    editor.addEventListener("input", function () {
      changed = true;
      root.dispatchEvent(new Event("edited", { bubbles: true }));
    });
    const upload = field.closest("details").querySelector("[data-upload]");
    upload.hidden = true;
    const buttons = tools(editor, labels, policyLinks.attach(editor, root), policyImages.attach(editor, root)).map(function (t, i) {
      const b = document.createElement("button");
      b.type = "button";
      b.dataset.sign = t[0];
      b.title = t[1];
      // Who speaks to the browser says what stands on the button.
      b.setAttribute("aria-label", /[0-9]/.test(t[0]) ? t[0] + ", " + t[1] : t[1]);
      b.tabIndex = i === 0 ? 0 : -1;
      b.addEventListener("click", function () {
        t[2]();
        changed = true;
        root.focus();
      });
      bar.append(b);
      return b;
    });
    const html = document.createElement("button");
    html.type = "button";
    html.textContent = "HTML";
    html.tabIndex = -1;
    html.addEventListener("click", function () {
      sync();
      box.remove();
      field.closest("label").hidden = upload.hidden = false;
      field.focus();
      editor.destroy();
      editor = root.squire = null;
    });
    bar.append(html);
    buttons.push(html);
    // One stop of the Tab key; the arrows walk along the buttons.
    bar.addEventListener("keydown", function (e) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      const at = buttons.indexOf(document.activeElement);
      if (!step || at < 0) return;
      e.preventDefault();
      const to = buttons[(at + step + buttons.length) % buttons.length];
      for (const b of buttons) b.tabIndex = b === to ? 0 : -1;
      to.focus();
    });
    // A text that nobody touched is sent as it came, byte for byte, also where the editor stirred by itself.
    let shown = editor.getHTML();
    function sync() {
      if (!editor || !changed) return;
      changed = false;
      if (editor.getHTML() === shown) return;
      shown = field.value = editor.getHTML();
    }
    field.form.addEventListener("submit", sync);
    field.form.addEventListener("gather", sync);
    // Plain text is typed and pasted as such: its lines must stay.
    const plain = field.closest("details").querySelector("[data-plain]");
    plain.addEventListener("change", function () { if (plain.checked && editor) html.click(); });
  }

  for (const field of document.querySelectorAll("textarea[data-rich]")) enhance(field);
})();
