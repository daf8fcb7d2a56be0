// A session that ends: what somebody was writing lasts over the login, in this tab and for them alone; and a page that
// was open meanwhile goes on working afterwards.
(() => {
  "use strict";
  const KEY = "mailai.kept";
  const LONGEST = 10 * 60_000;
  const user = document.body.dataset.user; // absent on the login page
  let loggingOut = false;

  const isChanged = (field) => "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  const keep = () => {
    const forms = {};
    for (const form of document.querySelectorAll("form[data-keep]")) {
      if (![...form.elements].some(isChanged)) continue;
      const values = Object.fromEntries(new FormData(form));
      delete values.csrfmiddlewaretoken;
      forms[form.getAttribute("action")] = values;
    }
    if (user && !loggingOut && Object.keys(forms).length) {
      sessionStorage.setItem(KEY, JSON.stringify({ user, page: location.pathname, at: Date.now(), forms }));
    }
  };
  const restore = (forms) => {
    for (const form of document.querySelectorAll("form[data-keep]")) {
      const values = forms[form.getAttribute("action")];
      for (const field of values ? form.elements : []) {
        if (field.type === "checkbox") field.checked = field.name in values;
        else if (field.name in values) field.value = values[field.name];
        if (isChanged(field)) field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  };

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const way = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (way && new URL(way, location.href).searchParams.has("next")) keep(); // to the login page, and back
  });
  for (const leaving of ["beforeunload", "pagehide"]) window.addEventListener(leaving, keep);
  document.addEventListener("submit", (event) => { loggingOut ||= "endsSession" in event.target.dataset; });

  // Only what went by way of the login page is wanted back: else the server has it, or somebody let it go.
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept && !user) sessionStorage.setItem(KEY, JSON.stringify({ ...kept, login: true }));
  if (kept && user) {
    const wanted = kept.login && kept.user === user && Date.now() - kept.at < LONGEST;
    const here = kept.page === location.pathname;
    if (!wanted || here) sessionStorage.removeItem(KEY);
    if (wanted && here) document.addEventListener("htmx:load", () => restore(kept.forms), { once: true });
  }

  // A login in another tab changes the token that every form must bring; for somebody else's page it stays refused.
  const token = () => localStorage.getItem("mailai.user") === user && document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (user) localStorage.setItem("mailai.user", user);
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, parameters } = event.detail;
    if (!token()) return;
    headers["X-CSRFToken"] = token();
    if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token();
  });
  document.addEventListener("submit", (event) => {
    const field = event.target.elements.csrfmiddlewaretoken;
    if (field && token()) field.value = token();
  }, { capture: true });
})();
