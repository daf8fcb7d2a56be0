// What the server cannot do: tick a clock, say that it is out of reach, and leave a touched editor alone.
(() => {
  "use strict";

  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-since]")) {
      const since = Date.parse(clock.dataset.since);
      clock.textContent = Math.max(0, Math.round((Date.now() - since) / 1000));
    }
  }, 1000);

  const banner = document.getElementById("banner");
  for (const trouble of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:swapError"]) {
    document.addEventListener(trouble, () => { banner.hidden = false; });
  }
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) banner.hidden = true;
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches("[data-dismiss]")) banner.hidden = true;
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // A finished draft goes into the editor by itself only while nobody has put a word of their own there.
  document.addEventListener("input", (event) => {
    if (event.target.id === "draft-text") event.target.dataset.touched = "yes";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const ready = document.querySelector("[data-draft-ready]");
    const text = document.getElementById("draft-text");
    if (!ready || !text || ready.dataset.shown) return;
    ready.dataset.shown = "yes";
    const editor = document.getElementById("editor");
    const shown = Number(editor.dataset.version) >= Number(ready.dataset.draftReady);
    if (text.dataset.touched || "edited" in editor.dataset || shown) return;
    htmx.ajax("GET", ready.dataset.editorUrl, { target: "#editor", swap: "outerHTML" });
  });
})();
