// Asks before a form is sent that says what to ask. Without JavaScript it is sent at once.
(() => {
  "use strict";
  const dialog = document.getElementById("confirm");
  const [question, no, yes] = dialog.querySelectorAll("p, button");
  const confirmed = new WeakSet();

  const ask = (form, button) => {
    question.textContent = form.dataset.confirm;
    yes.textContent = button?.textContent.trim() || yes.dataset.label;
    // What destroys looks like it, and Enter does not press it.
    const destroys = Boolean(button?.classList.contains("danger"));
    yes.classList.toggle("danger", destroys);
    dialog.returnValue = "";
    dialog.showModal();
    (destroys ? no : yes).focus();
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      // Polling may have put another form in its place meanwhile.
      const now = form.isConnected ? form : document.querySelector(`form[action="${form.getAttribute("action")}"]`);
      if (!now) return;
      confirmed.add(now);
      now.requestSubmit(button?.isConnected ? button : undefined);
      confirmed.delete(now);
    }, { once: true });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.dataset.confirm || confirmed.has(form)) return;
    event.preventDefault();
    ask(form, event.submitter);
  });
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt;
    if (!form.dataset.confirm || confirmed.has(form)) return;
    event.preventDefault();
    ask(form, event.detail.triggeringEvent?.submitter);
  });
})();
