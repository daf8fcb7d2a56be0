// What ended while somebody looked elsewhere: a toast for as long as it takes to read, and a count in the page's title.
(() => {
  "use strict";
  const READ = 20; // seconds in view after which a good end has been read; a failure stays
  const SELDOM = 30_000; // ms between two questions of a page whose panels ask for themselves
  const FOLLOW = 3; // between two questions after a press, until the server names another time
  const HIDDEN = 15_000; // between two questions of a hidden page, which only wants to count in its title
  const REST = 5 * 60_000; // after which it does not ask at all
  const ASKED = "mailai.asked";

  const section = () => document.getElementById("notifications");
  if (!section()) return;
  const title = document.title;
  const left = new Map(); // seconds that each toast still stays
  const said = new Set();
  let hiddenSince = Date.now();

  const inView = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return Math.min(bottom, innerHeight) - Math.max(top, 0) >= Math.min(60, Math.max(1, bottom - top));
  };
  const panels = (key) => [...document.querySelectorAll(`[data-run="${key}"]`)];
  const toasts = () => [...section().querySelectorAll(".toast")];
  const closing = new Set();
  const close = (toast) => {
    if (document.hidden || closing.has(toast.dataset.about)) return;
    closing.add(toast.dataset.about);
    htmx.trigger(toast, "submit");
  };
  document.addEventListener("connection:back", () => closing.clear());

  const look = () => {
    const there = new Set(toasts().map((toast) => toast.dataset.about));
    for (const memory of [left, said, closing]) for (const key of memory.keys()) if (!there.has(key)) memory.delete(key);
    let count = 0;
    for (const toast of toasts()) {
      const key = toast.dataset.about;
      toast.hidden = !document.hidden && panels(key).some(inView);
      if (toast.hidden) {
        close(toast);
        continue;
      }
      count += Number(toast.dataset.many ?? 1);
      if (!said.has(key)) document.dispatchEvent(new CustomEvent("say", { detail: toast.querySelector("p").innerText }));
      said.add(key);
    }
    document.title = count ? `(${count}) ${title}` : title;
  };
  look();
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", () => {
    hiddenSince = Date.now();
    look();
  });
  document.addEventListener("scroll", look, { passive: true });
  setInterval(() => {
    if (document.hidden) return;
    for (const toast of toasts()) {
      const key = toast.dataset.about;
      if (toast.hidden || toast.matches(".error, :hover, :focus-within")) continue;
      left.set(key, (left.get(key) ?? READ) - 1);
      if (left.get(key) <= 0) close(toast);
    }
  }, 1_000);

  // What the toast is about stands further down or up on this very page.
  document.addEventListener("click", (event) => {
    const toast = event.target.closest("#notifications a")?.closest(".toast");
    const [panel] = toast ? panels(toast.dataset.about) : [];
    if (!panel) return;
    event.preventDefault();
    panel.scrollIntoView();
  });

  // What a press began is asked for from now on; what a panel shows the end of is seen with that, or else told.
  const polled = "[data-run]:is([hx-trigger], :has([hx-trigger]))";
  const asking = () => [...document.querySelectorAll(polled)].map((panel) => panel.dataset.run);
  const follow = () => {
    const elt = section();
    if (elt.dataset.seconds) return;
    elt.dataset.seconds = FOLLOW;
    elt.setAttribute("hx-get", elt.dataset.url);
    elt.setAttribute("hx-trigger", `every ${FOLLOW}s`);
    htmx.process(elt);
  };
  const known = new Set(asking());
  let before = asking();
  let forced = false;
  document.addEventListener("htmx:afterSettle", () => {
    const now = asking();
    const began = now.filter((key) => !known.has(key) && known.add(key));
    const ended = before.filter((key) => !now.includes(key));
    before = now;
    if (began.length) {
      localStorage.setItem(ASKED, Date.now());
      follow();
      tabs.postMessage("");
    }
    if (!ended.length) return;
    const seen = ended.filter((key) => !document.hidden && panels(key).some(inView));
    const [verb, url] = seen.length ? ["POST", section().dataset.seenUrl] : ["GET", section().dataset.url];
    forced = true;
    htmx.ajax(verb, url, { source: section(), target: section(), swap: "outerHTML", values: { key: seen } });
  });

  // All tabs of a user ask as one: whoever asked last gives the answer to the others.
  const tabs = new BroadcastChannel(`notifications-${document.body.dataset.user}`);
  tabs.addEventListener("message", ({ data }) => {
    if (!data) return follow();
    htmx.swap(section(), data, { swapStyle: "outerHTML" });
    look();
  });
  document.addEventListener("htmx:afterOnLoad", ({ detail: { requestConfig, xhr } }) => {
    if (xhr.status === 200 && requestConfig.elt.closest("#notifications")) tabs.postMessage(xhr.responseText);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (elt !== section() || requestConfig.triggeringEvent || !elt.dataset.seconds) return;
    const pause = document.hidden ? HIDDEN : asking().length ? SELDOM : elt.dataset.seconds * 800;
    const early = !forced && Math.abs(Date.now() - Number(localStorage.getItem(ASKED))) < pause;
    if (early || (document.hidden && Date.now() - hiddenSince > REST)) event.preventDefault();
    else localStorage.setItem(ASKED, Date.now());
    forced = false;
  });
})();
