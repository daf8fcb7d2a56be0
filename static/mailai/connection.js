// Polling: it rests on a hidden page and while the server is out of reach, and catches up at once afterwards.
(() => {
  "use strict";
  const SLOWEST = 30_000;
  const banner = document.getElementById("banner");
  const [failedText, lostText] = banner.querySelectorAll(".failed, .lost");

  const polls = () => document.querySelectorAll("[hx-get][hx-trigger*=every]");
  const isPoll = (config) => !config.triggeringEvent && config.elt.matches("[hx-trigger*=every]");

  // Asks for all that is polled, or else whether the server is there at all.
  const ask = () => {
    const asked = [...polls()];
    if (!asked.length && lost) return fetch(banner.dataset.probe, { cache: "no-store" }).then((answer) => { troubled ||= !answer.ok; }, () => { troubled = true; });
    return Promise.allSettled(asked.map((poll) => htmx.ajax("GET", poll.getAttribute("hx-get"), { source: poll })));
  };

  let lost = false; // from the first trouble until a round of questions went well
  let delay = 0;
  let wellAt = -SLOWEST;
  let timer = 0;
  let trying = false;
  let troubled = false;
  let failed = false; // a press; that is shown until it is read, while what went wrong with a poll goes away by itself
  let dismissed = false;

  const show = () => {
    banner.hidden = !failed && (!lost || dismissed);
    failedText.hidden = !failed;
    lostText.hidden = failed;
  };
  const trouble = (event) => {
    const { xhr, requestConfig } = event.detail;
    troubled = true;
    failed ||= xhr.status > 0 && !isPoll(requestConfig) && !requestConfig.elt.matches("[data-saves]");
    if (!timer && !trying) plan();
    show();
  };
  const plan = () => {
    const again = lost || performance.now() - wellAt < SLOWEST;
    lost = true;
    delay = again ? Math.min(SLOWEST, delay * 2) : 1_000;
    timer = setTimeout(tryAgain, delay * (0.75 + Math.random() / 2));
  };
  const tryAgain = async () => {
    clearTimeout(timer);
    timer = 0;
    if (document.hidden || trying) return;
    trying = true;
    troubled = false;
    await ask();
    trying = false;
    if (troubled) plan();
    else well();
    show();
  };
  const well = () => {
    clearTimeout(timer);
    timer = 0;
    wellAt = performance.now();
    lost = dismissed = false;
    show();
    document.dispatchEvent(new Event("connection:back"));
  };
  const catchUp = () => { if (lost) tryAgain(); else ask(); };

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:swapError"]) {
    document.addEventListener(name, trouble);
  }
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { successful, requestConfig } = event.detail;
    if (!successful || isPoll(requestConfig)) return;
    failed = false;
    if (lost && !trying) {
      well();
      ask();
    }
    show();
  });
  banner.querySelector("[data-dismiss]").addEventListener("click", () => {
    failed = false;
    dismissed = true;
    show();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    // Nobody looks at a hidden page. What a page does while it is hidden, it decides by itself.
    const rests = document.hidden && !("asksWhenHidden" in elt.dataset);
    if (isPoll(requestConfig) && (rests || timer)) event.preventDefault();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const config = event.detail;
    // Else a connection that went silent would hold up all that comes after.
    if (isPoll(config)) config.timeout = 10_000;
    else if (!config.elt.matches("[hx-encoding]")) config.timeout = 60_000;
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) catchUp(); });
  window.addEventListener("online", catchUp);
  window.addEventListener("pageshow", (event) => {
    // The browser kept the page as it was when it was left: others may have pressed since, or logged out.
    if (event.persisted && document.dispatchEvent(new Event("page:renew", { cancelable: true }))) location.reload();
  });
})();
