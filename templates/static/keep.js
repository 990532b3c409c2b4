// Keeps a login attempt in the platform's storage, or fetches it from there: LTI's lti.put_data and
// lti.get_data. Only the frame that the platform named is asked, only on the platform's own origin, and only
// an answer from that frame and origin, to this very message and key, counts. After two seconds without one
// the page goes on as it would without a storage.
"use strict";

(function () {
  const main = document.querySelector("main[data-storage]");
  const { target, origin, key, value } = main.dataset;
  const form = main.querySelector("form");
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const subject = form ? "lti.get_data" : "lti.put_data";
  let left = false;

  function leave(found) {
    if (left) return;
    left = true;
    window.removeEventListener("message", hear);
    if (!form) {
      location.replace(main.querySelector("a.button").href);
      return;
    }
    form.elements.proof.value = found;
    if (found) tell({ subject: "lti.put_data", message_id: id + "-end", key: key, value: null });
    form.submit();
  }

  function frame() {
    try {
      return target === "_parent" ? window.parent : window.parent.frames[target];
    } catch (e) {
      return undefined;
    }
  }

  function tell(message) {
    frame().postMessage(message, origin);
  }

  function hear(e) {
    const m = e.data;
    if (e.origin !== origin || e.source !== frame() || !m || m.message_id !== id) return;
    if (m.subject !== subject + ".response") return;
    if (m.error || m.key !== key || (!form && m.value !== value)) leave("");
    // The server takes no more than this; what is longer would not even arrive.
    else leave(form && typeof m.value === "string" && m.value.length <= 4096 ? m.value : "");
  }

  if (window.parent === window || !origin || !frame()) {
    leave("");
    return;
  }
  window.addEventListener("message", hear);
  setTimeout(leave, 2000, "");
  tell(form ? { subject: subject, message_id: id, key: key } : { subject: subject, message_id: id, key: key, value: value });
})();
