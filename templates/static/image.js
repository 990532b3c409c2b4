// Puts images into the texts of a draft: chosen by the toolbar's button, pasted or dropped. The server keeps the
// image and answers with its address; what it does not take as it is, is made smaller here first.
"use strict";

const policyImages = (function () {
  const dialog = document.querySelector("#image");
  const file = dialog.querySelector("[type=file]");
  const description = dialog.querySelector("[type=text]");
  const problem = dialog.querySelector("[role=alert]");
  const [insert, cancel] = dialog.querySelectorAll("button");
  const most = 1 << 20;
  let into; // the editor that asks

  function known(src) {
    return /^(\/images\/sha256\/[0-9a-f]{64}$|data:image\/(png|jpeg|gif|webp);base64,)/i.test(src);
  }

  async function send(blob) {
    const form = new FormData();
    form.append("token", document.querySelector("#draft [name=token]").value);
    form.append("image", blob, "image");
    return fetch(dialog.dataset.upload, { method: "POST", body: form });
  }

  // A photograph of a telephone is larger than any page needs, and a browser reads more kinds than the server.
  async function smaller(blob) {
    const picture = await createImageBitmap(blob);
    const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const paint = canvas.getContext("2d");
    paint.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const as = function (kind, quality) { return new Promise(function (done) { canvas.toBlob(done, kind, quality); }); };
    let out = await as("image/png");
    if (out.size > most) {
      paint.globalCompositeOperation = "destination-over"; // what is transparent is paper
      paint.fillStyle = "#fff";
      paint.fillRect(0, 0, canvas.width, canvas.height);
      out = await as("image/jpeg", 0.85);
    }
    return out;
  }

  // keep sends an image and returns what the server calls it, or throws what to say.
  async function keep(blob) {
    let answer;
    try {
      answer = blob.size > most ? { status: 413 } : await send(blob);
      if (answer.status === 400 || answer.status === 413) {
        const small = await smaller(blob).catch(function () { return null; });
        if (small) answer = await send(small);
      }
    } catch (e) {
      throw dialog.dataset.failed;
    }
    if (answer.ok) return answer.json();
    throw { 400: dialog.dataset.bad, 413: dialog.dataset.large }[answer.status] || dialog.dataset.failed;
  }

  function ask(editor, root, files) {
    into = { editor: editor, root: root };
    file.value = description.value = problem.textContent = "";
    if (files) file.files = files;
    dialog.showModal();
    (files ? description : file).focus();
  }

  async function put() {
    if (!file.files.length) return file.focus();
    insert.disabled = true;
    problem.textContent = "";
    try {
      const image = await keep(file.files[0]);
      dialog.close();
      into.editor.insertImage(image.address, { alt: description.value.trim(), width: image.width, height: image.height });
    } catch (e) {
      problem.textContent = typeof e === "string" ? e : dialog.dataset.failed;
      file.focus();
    } finally {
      insert.disabled = false;
    }
  }

  insert.addEventListener("click", put);
  cancel.addEventListener("click", function () { dialog.close(); });
  description.addEventListener("keydown", function (e) {
    if (e.key !== "Enter") return;
    e.preventDefault();
    if (!insert.disabled) put();
  });
  dialog.addEventListener("close", function () { into.root.focus(); });

  // What was pasted with a text holds its images itself: they are kept like the others.
  async function adopt(editor, e) {
    e.dataset.sent = "";
    const [head, data] = e.src.split(",");
    try {
      const bytes = Uint8Array.from(atob(data), function (c) { return c.charCodeAt(0); });
      const image = await keep(new Blob([bytes], { type: head.slice(5).split(";")[0] }));
      e.src = image.address;
      e.removeAttribute("data-sent");
      editor.fireEvent("input");
    } catch (x) {
      e.remove();
    }
  }

  function attach(editor, root) {
    const has = function (list) { return list && list.files.length > 0; };
    editor.addEventListener("pasteImage", function (e) {
      if (has(e.detail.clipboardData)) ask(editor, root, e.detail.clipboardData.files);
    });
    root.addEventListener("drop", function (e) {
      if (!has(e.dataTransfer)) return;
      e.preventDefault();
      ask(editor, root, e.dataTransfer.files);
    });
    editor.addEventListener("input", function () {
      for (const e of root.querySelectorAll('img[src^="data:"]:not([data-sent])')) adopt(editor, e);
    });
    return function () { ask(editor, root); };
  }

  return { known: known, attach: attach, label: document.querySelector("#image-title").textContent };
})();
