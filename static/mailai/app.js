// What the server cannot do: tick a clock, say aloud what changed, tell that it is out of reach, and look after the
// words that somebody is typing.
(() => {
  "use strict";

  // Clocks count on from the seconds that the server named, so that this machine's own clock does not matter.
  const shown = new WeakMap();
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-count]")) {
      if (!shown.has(clock)) shown.set(clock, { from: Number(clock.textContent), at: performance.now() });
      const { from, at } = shown.get(clock);
      const passed = Math.round((performance.now() - at) / 1000);
      clock.textContent = clock.dataset.count === "down" ? Math.max(0, from - passed) : from + passed;
    }
  }, 500);

  // Panels are replaced whole, which a screen reader does not announce; one line that stays does it for all of them.
  const announce = document.getElementById("announce");
  const say = () => {
    for (const told of document.querySelectorAll("[data-say]")) {
      if (told.dataset.said) continue;
      told.dataset.said = "yes";
      if (announce.textContent !== told.dataset.say) announce.textContent = told.dataset.say;
    }
  };
  document.addEventListener("htmx:afterSettle", say);

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

  // The theme changes at once; its form tells the server, for the next page.
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[name=theme]");
    if (!choice) return;
    document.documentElement.dataset.theme = choice.value;
    for (const each of choice.form.elements.theme) each.ariaPressed = each === choice;
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // Nobody looks at what is new on a hidden page.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && "restsWhenHidden" in event.detail.elt.dataset) event.preventDefault();
  });

  // Without this, the server reads the first box as all on the page.
  document.addEventListener("change", (event) => {
    const all = document.getElementById("pick-all");
    const ticks = document.querySelectorAll(".tick");
    if (event.target === all) for (const tick of ticks) tick.checked = all.checked;
    if (event.target.matches(".tick")) all.checked = [...ticks].every((tick) => tick.checked);
  });

  // The editor. `touched`: somebody put a word of their own there; `unsaved`: the server does not have it yet.
  document.addEventListener("input", (event) => {
    if (event.target.id === "draft-text") Object.assign(event.target.dataset, { touched: "yes", unsaved: "yes" });
  });
  // Once the answer leads to another page, a save that still waits would save again what is saved there.
  let leaving = false;
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (leaving) event.preventDefault();
    else if (event.detail.elt.matches("#editor form, [data-takes-text]")) delete document.getElementById("draft-text").dataset.unsaved;
  });
  for (const trouble of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(trouble, (event) => {
      if (event.detail.elt.matches("#editor form, [data-takes-text]")) document.getElementById("draft-text").dataset.unsaved = "yes";
    });
  }
  for (const leaving of ["beforeunload", "pagehide"]) {
    window.addEventListener(leaving, () => {
      const text = document.getElementById("draft-text");
      if (!text?.dataset.unsaved) return;
      if (navigator.sendBeacon(text.form.action, new FormData(text.form))) delete text.dataset.unsaved;
    });
  }

  // A finished draft goes into the editor by itself, but only while nobody has put a word of their own there.
  document.addEventListener("htmx:afterSettle", () => {
    const ready = document.querySelector("[data-draft-ready]");
    const text = document.getElementById("draft-text");
    if (!ready || !text || ready.dataset.shown) return;
    ready.dataset.shown = "yes";
    const editor = document.getElementById("editor");
    const newest = Number(editor.dataset.version) >= Number(ready.dataset.draftReady);
    if ("edited" in editor.dataset || newest) return;
    htmx.ajax("GET", ready.dataset.editorUrl, { target: "#editor", swap: "outerHTML" });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // It came by itself, and somebody has put a word there before or meanwhile.
    const unasked = event.detail.target.id === "editor" && !event.detail.requestConfig.triggeringEvent;
    if (unasked && document.getElementById("draft-text").dataset.touched) event.detail.shouldSwap = false;
  });
})();
