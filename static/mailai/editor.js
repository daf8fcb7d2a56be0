// The editor of a reply: nothing that somebody typed is lost, and nothing takes its place unasked.
(() => {
  "use strict";
  const MOST = 60_000; // bytes that a browser still sends for a page that is being left

  // What the server has is the field's default value, whatever was typed since.
  const text = () => document.getElementById("draft-text");
  const isUnsaved = () => text() !== null && text().value !== text().defaultValue;
  const isLarge = () => new Blob([text().value]).size > MOST;

  const carried = new WeakMap(); // of each request under way, the text that it brings
  let failing = false; // the last save did not come through
  let leaving = false; // an answer leads to another page: a save that still waits would save again what is saved there

  document.addEventListener("input", (event) => {
    if (event.target.id === "draft-text") event.target.dataset.touched = "yes"; // a word of somebody's own
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (leaving) event.preventDefault();
    else if (elt.matches("[data-saves]")) carried.set(xhr, text().value);
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, successful } = event.detail;
    if (!carried.has(xhr)) return;
    const refused = xhr.getResponseHeader("HX-Retarget")?.endsWith(".notice");
    failing = !successful || refused;
    if (!failing && text()) text().defaultValue = carried.get(xhr);
  });
  document.addEventListener("connection:back", () => {
    if (isUnsaved()) htmx.trigger(text(), "change");
  });

  // Before the request for the next page, which may be this one again; the answer counts if the page stays after all,
  // as with a download.
  const save = () => {
    const area = text();
    const before = area.defaultValue;
    const request = { method: "POST", body: new FormData(area.form), keepalive: true, headers: { "HX-Request": "true", "HX-Target": "editor-state" } };
    area.defaultValue = area.value;
    fetch(area.form.action, request).then(async (answer) => {
      if (!answer.ok || answer.headers.has("HX-Retarget") || answer.headers.has("HX-Redirect")) throw new Error();
      htmx.swap("#editor-state", await answer.text(), { swapStyle: "outerHTML" });
    }).catch(() => { area.defaultValue = before; });
  };
  window.addEventListener("beforeunload", (event) => {
    if (!isUnsaved() || leaving) return;
    if (failing || isLarge()) event.preventDefault(); // the browser asks whether to leave
    else save();
  });
  window.addEventListener("pagehide", () => { if (isUnsaved() && !leaving) save(); });
  document.addEventListener("page:renew", (event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    htmx.trigger(text(), "change");
  });

  // A finished draft goes into the editor by itself, but only while nobody has put a word of their own there.
  document.addEventListener("htmx:afterSettle", () => {
    const ready = document.querySelector("[data-draft-ready]");
    if (!ready || !text() || ready.dataset.shown) return;
    ready.dataset.shown = "yes";
    const editor = document.getElementById("editor");
    const newest = Number(editor.dataset.version) >= Number(ready.dataset.draftReady);
    if ("edited" in editor.dataset || newest) return;
    htmx.ajax("GET", ready.dataset.editorUrl, { target: "#editor", swap: "outerHTML" });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "editor") return;
    // It came by itself, and somebody has put a word there before or meanwhile; or that word is nowhere else yet.
    const unasked = !event.detail.requestConfig.triggeringEvent;
    if (unasked ? text().dataset.touched : isUnsaved()) event.detail.shouldSwap = false;
  });
})();
