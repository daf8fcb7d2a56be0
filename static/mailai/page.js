// Clocks that tick, what changed said aloud, and light and dark.
(() => {
  "use strict";

  // Clocks count on from the seconds that the server named, so that this machine's own clock does not matter.
  const shown = new WeakMap();
  const read = (text) => text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0); // of 298 or 4:58
  const write = (count, before) => (before.includes(":") ? `${Math.floor(count / 60)}:${String(count % 60).padStart(2, "0")}` : count);
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-count]")) {
      if (!shown.has(clock)) shown.set(clock, { from: read(clock.textContent), at: performance.now() });
      const { from, at } = shown.get(clock);
      const passed = Math.round((performance.now() - at) / 1000);
      clock.textContent = write(clock.dataset.count === "down" ? Math.max(0, from - passed) : from + passed, clock.textContent);
    }
  }, 500);

  // The theme changes at once; its form tells the server, for the next page.
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[name=theme]");
    if (!choice) return;
    document.documentElement.dataset.theme = choice.value;
    for (const each of choice.form.elements.theme) each.ariaPressed = each === choice;
  });

  // What is replaced, a screen reader does not announce; one line that stays does it for all panels.
  const announce = document.getElementById("announce");
  const say = (text) => { if (announce.textContent !== text) announce.textContent = text; };
  const inPanel = (told) => {
    const panel = told.closest(".panel");
    const title = panel?.ariaLabel ?? panel?.querySelector("h2")?.innerText;
    return title ? `${title}: ${told.dataset.say}` : told.dataset.say;
  };
  document.addEventListener("say", (event) => say(event.detail));
  document.addEventListener("htmx:afterSettle", () => {
    for (const told of document.querySelectorAll("[data-say]:not([data-said])")) {
      told.dataset.said = "yes";
      say(inPanel(told));
    }
  });
})();
