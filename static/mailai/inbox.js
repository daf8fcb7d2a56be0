// The ticks of a list: all at once, or all between two.
(() => {
  "use strict";
  const ticks = () => [...document.querySelectorAll(".tick")];
  let last = null; // the one that was ticked last

  // Of all that match it is not known here how many there are: the box for them says it.
  const tell = () => {
    const picked = document.querySelector(".picked");
    const count = ticks().filter((tick) => tick.checked).length;
    if (!picked) return;
    picked.hidden = !count || Boolean(document.getElementById("pick-every")?.checked);
    picked.querySelector("b").textContent = count;
  };

  // Without this, the server reads the first box as all on the page.
  document.addEventListener("change", (event) => {
    const all = document.getElementById("pick-all");
    if (event.target === all) for (const tick of ticks()) tick.checked = all.checked;
    if (event.target.matches(".tick")) all.checked = ticks().every((tick) => tick.checked);
    tell();
  });
  document.addEventListener("click", (event) => {
    const tick = event.target;
    if (!tick.matches(".tick")) return;
    const [from, to] = [ticks().indexOf(last), ticks().indexOf(tick)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const other of ticks().slice(from, to + 1)) other.checked = tick.checked;
    last = tick;
    tell();
  });
  document.addEventListener("htmx:afterSettle", tell); // a row may have gone
  window.addEventListener("pageshow", tell); // a browser may remember what was ticked
})();
