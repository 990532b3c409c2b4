// Keeps what is typed into the editor of a draft, some seconds after the last change and when the page is left,
// and hands the answer on to those who show it: the event "answered" of the form, with the parts of the page.
"use strict";

(function () {
  const form = document.querySelector("form[data-typing]");
  if (!form || !window.fetch || !window.DOMParser) return;

  const pause = 2000; // after the last change
  const longest = 10000; // while somebody types on and on
  const small = 60000; // bytes that a browser still sends for a page that is gone: 64 KiB
  const kept = document.getElementById("kept");
  const said = document.getElementById("keptsaid");

  let unsent = "unsaved" in form.dataset; // something changed since the last request
  let since = 0; // when that began
  let timer = 0;
  let running = null;
  let more = {}; // fields for the next request alone
  let leaving = false; // the form is being sent

  // What the form would send, and what else the answer depends on. With a file it is of another kind; a page that is
  // left sends none.
  function body(leaves) {
    form.dispatchEvent(new Event("gather"));
    const isFile = function (name) { return more[name] instanceof File; };
    const out = !leaves && Object.keys(more).some(isFile) ? new FormData() : new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") out.append(name, value);
    if (form.dataset.show) out.set("show", form.dataset.show);
    for (const name of Object.keys(more)) if (!leaves || !isFile(name)) out.set(name, more[name]);
    return out;
  }

  function soon(after) {
    if (leaving) return;
    clearTimeout(timer);
    timer = setTimeout(send, after);
  }

  function changed() {
    if (!unsent) since = Date.now();
    unsent = true;
    soon(Math.max(0, Math.min(pause, since + longest - Date.now())));
  }

  // Somebody who listens hears of the first time, of trouble, and then every five minutes.
  let told = "", toldAt = 0;
  function tell(state) {
    let text = kept.dataset[state] || "";
    if (state === "kept") text += " " + new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    kept.textContent = text;
    if (!text || (state === told && Date.now() - toldAt < 300000)) return;
    told = state;
    toldAt = Date.now();
    said.textContent = text;
    setTimeout(function () { said.textContent = ""; }, 10000);
  }

  async function send() {
    clearTimeout(timer);
    if (leaving) return;
    if (running) return soon(300); // one after the other, so that the last one wins
    const data = body();
    const before = { unsent: unsent, more: more };
    unsent = false;
    more = {};
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.typing, { method: "POST", body: data, credentials: "same-origin", signal: running.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const parts = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-kept]");
      if (before.unsent || parts.dataset.kept !== "nothing") tell(parts.dataset.kept);
      form.dispatchEvent(new CustomEvent("answered", { detail: parts }));
    } catch (e) {
      if (!leaving) {
        unsent = unsent || before.unsent;
        more = Object.assign({}, before.more, more);
        if (unsent) tell("failed");
        soon(30000);
      }
    }
    running = null;
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("edited", changed); // by the rich-text editor
  // Somebody asks for an answer, with fields for this once, whether anything was typed or not.
  form.addEventListener("ask", function (e) {
    more = Object.assign(more, e.detail);
    soon(0);
  });
  form.addEventListener("submit", function (e) {
    if (e.defaultPrevented) return;
    leaving = true;
    clearTimeout(timer);
    if (running) running.abort();
  });
  window.addEventListener("pageshow", function (e) {
    if (e.persisted) leaving = false;
  });

  // A page that is only out of sight may never come back.
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden" && unsent) send();
  });
  window.addEventListener("pagehide", function () {
    if (leaving || !unsent) return;
    const data = body(true).toString();
    if (data.length > small) return;
    unsent = false;
    fetch(form.dataset.typing, {
      method: "POST", body: data, credentials: "same-origin", keepalive: true,
      headers: { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" },
    }).catch(function () {});
  });
  // What is too long for that is worth a question, in the two seconds in which it is not kept yet.
  window.addEventListener("beforeunload", function (e) {
    if (!leaving && unsent && body(true).toString().length > small) e.preventDefault();
  });

  if (unsent) changed();
})();
