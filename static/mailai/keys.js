// Single keys press what says `data-key`. None does while somebody types, with a modifier, in a dialog, or if they are
// switched off (WCAG 2.1.4). What moves is the focus itself, so that everybody sees and hears where it is.
(() => {
  "use strict";
  const SWITCH = "mailai.keys";
  const help = document.getElementById("keys");
  if (!help) return;

  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem(SWITCH) !== "off";
  on.addEventListener("change", () => localStorage.setItem(SWITCH, on.checked ? "on" : "off"));
  help.querySelector("[data-close]").addEventListener("click", () => help.close());
  const shower = document.querySelector("[data-shows-keys]");
  shower.hidden = false;
  shower.addEventListener("click", () => help.showModal());

  const row = () => document.activeElement.closest(".row");
  const linkOf = (one) => one?.querySelector(":scope > a");
  const go = (link) => {
    link.focus();
    link.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const rows = [...document.querySelectorAll(".row")];
    const at = rows.indexOf(row());
    const inView = rows.find((one) => one.getBoundingClientRect().top >= 0);
    const next = at < 0 ? inView ?? rows[0] : rows[at + step];
    if (next) go(linkOf(next));
    return rows.length > 0;
  };
  const press = (key) => {
    const here = row();
    const found = here?.querySelector(`[data-key="${key}"]`) ?? [...document.querySelectorAll(`[data-key="${key}"]`)].find((one) => !one.closest(".row"));
    if (!found || found.disabled) return false;
    // The row goes away; who works through a list goes on with the next.
    if (here && key === "y") linkOf(here.nextElementSibling ?? here.previousElementSibling)?.focus();
    if (!found.closest(".row")) found.scrollIntoView({ block: "nearest" });
    if (!found.matches("textarea, [type=search]")) found.click();
    else found.focus();
    return true;
  };
  const act = (key) => {
    if (key === "?") help.showModal();
    else if ("jk".includes(key) && move(key === "j" ? 1 : -1)) return true;
    else if (press(key)) return true;
    else if (key === "/") location.assign(help.dataset.search);
    else return false;
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.defaultPrevented || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    const field = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (field && event.key === "Escape") field.blur();
    if (!field && /^[a-z/?]$/.test(event.key) && act(event.key)) event.preventDefault();
  });
})();
