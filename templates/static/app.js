// Improves pages that work without it: fits the frame to the page, opens full texts for printing, sends a
// framed form so that the reader's own click can leave the frame, copies a field's text, sends a form that only
// carries something onward, and closes Moodle's registration frame.
"use strict";

(function () {
  const framed = window.parent !== window;

  // LTI's message to the platform; one that does not know it scrolls the frame instead.
  let height = 0;
  function fit() {
    const now = Math.ceil(document.body.getBoundingClientRect().height) + 16;
    if (now !== height) {
      height = now;
      window.parent.postMessage({ subject: "lti.frameResize", height: now }, "*");
    }
  }
  const watch = framed && window.ResizeObserver ? new ResizeObserver(fit) : null;

  // What has to be done for each new body of the document.
  function arrive() {
    for (const b of document.querySelectorAll("[data-close]")) b.hidden = window.parent === window && !window.opener;
    offerStorageAccess();
    for (const b of document.querySelectorAll("[data-copy]")) b.hidden = false;
    const onward = document.querySelector("form[data-autosubmit]");
    if (onward) onward.requestSubmit();
    if (watch) {
      watch.disconnect();
      watch.observe(document.body);
    }
    if (framed) fit();
  }

  // Where the reader can open the browser's cookies to a frame, the launch can start again right here. Only
  // WebKit's permission lasts over the frame's way through the platform; that of others ends with this page.
  async function offerStorageAccess() {
    const button = document.querySelector("[data-storage-access]");
    if (!button || !framed || !document.requestStorageAccess || !navigator.vendor.startsWith("Apple")) return;
    try {
      if (await document.hasStorageAccess()) return;
    } catch (e) {
      return;
    }
    button.hidden = false;
    button.addEventListener("click", async function () {
      try {
        await document.requestStorageAccess();
        location.href = button.dataset.storageAccess;
      } catch (e) {
        button.hidden = true;
        document.getElementById("storage-denied").hidden = false;
      }
    });
  }

  // Printing shows everything, then leaves the page as it was.
  window.addEventListener("beforeprint", function () {
    for (const d of document.querySelectorAll("details.full:not([open])")) {
      d.open = true;
      d.dataset.printed = "";
    }
  });
  window.addEventListener("afterprint", function () {
    for (const d of document.querySelectorAll("details[data-printed]")) {
      d.open = false;
      delete d.dataset.printed;
    }
  });

  // A link may lead into a text that is still closed, as a footnote's mark in a summary does.
  document.addEventListener("click", function (e) {
    const link = e.target.closest('a[href^="#"]');
    const to = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    for (let d = to && to.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  });

  // A menu gets out of the way when the reader turns to something else.
  document.addEventListener("click", function (e) {
    for (const d of document.querySelectorAll("details.languages[open]")) if (!d.contains(e.target)) d.open = false;
    const button = e.target.closest("[data-copy]");
    if (button) copy(button);
    if (e.target.closest("[data-close]")) {
      (window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
    }
  });

  // A frame may not be allowed to use the clipboard by itself; what the reader selects it may always copy.
  async function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    field.focus();
    field.select();
    let done = false;
    try {
      await navigator.clipboard.writeText(field.value);
      done = true;
    } catch (e) {
      done = document.execCommand("copy");
    }
    if (done) button.parentNode.querySelector("[role=status]").textContent = button.dataset.copied;
  }

  function hold(form, on) {
    if (on) form.dataset.sending = "";
    else delete form.dataset.sending;
    for (const b of form.querySelectorAll("button[type=submit]")) b.disabled = on;
  }

  // The page that came back takes the place of this one, as if the browser had loaded it.
  function show(html, url) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    for (const name of ["lang", "dir", "class"]) {
      document.documentElement.setAttribute(name, page.documentElement.getAttribute(name) || "");
    }
    document.body.replaceWith(document.adoptNode(page.body));
    if (new URL(url).origin === location.origin) history.replaceState(null, "", url);
    window.scrollTo(0, 0);
    arrive();
    const focus = document.querySelector("[autofocus]");
    if (focus) focus.focus();
  }

  async function send(form) {
    let answer, html;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
      });
      if (!(answer.headers.get("Content-Type") || "").startsWith("text/html")) throw new Error("not a page");
      html = await answer.text();
    } catch (e) {
      // Whether the first attempt arrived is unknown; the form records once, however often it is sent.
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    const back = answer.headers.get("Ltipolicy-Return");
    if (back) {
      try {
        window.top.location.href = back;
        // Should the browser refuse without saying so, the page with its link appears after all.
        setTimeout(show, 3000, html, answer.url);
        return;
      } catch (e) {
        // Leaving the frame is not allowed here: the page has a link.
      }
    }
    show(html, answer.url);
  }

  document.addEventListener("submit", function (e) {
    const form = e.target;
    if (form.method !== "post" || form.target) return;
    if ("sending" in form.dataset) {
      e.preventDefault();
      return;
    }
    if (framed && "return" in form.dataset && window.fetch && window.DOMParser) {
      e.preventDefault();
      hold(form, true);
      send(form);
      return;
    }
    // After this event: a disabled button would not be sent.
    setTimeout(hold, 0, form, true);
  });
  // Back brings the page as it was left, with its button held.
  window.addEventListener("pageshow", function (e) {
    if (e.persisted) for (const f of document.querySelectorAll("form[data-sending]")) hold(f, false);
  });

  arrive();
})();
