// What a page looks like to somebody who reads it, as a list of complaints: empty is good.
() => {
  const complaints = [];
  const visible = (element) => element.checkVisibility({ checkOpacity: true, visibilityProperty: true }) && !element.closest(".visually-hidden, .skip");
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;

  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) complaints.push(`scrolls sideways by ${wide} px`);
  if (document.querySelectorAll("h1").length !== 1) complaints.push("has not exactly one h1");

  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) {
    if (ids.indexOf(id) !== ids.lastIndexOf(id)) complaints.push(`two elements with the id ${id}`);
  }
  for (const control of document.querySelectorAll("button, .button, select, input:not([type=hidden]), summary")) {
    const { width, height } = control.getBoundingClientRect();
    if (visible(control) && !["checkbox", "radio"].includes(control.type) && (width < 24 || height < 24)) {
      complaints.push(`hard to hit (${Math.round(width)} × ${Math.round(height)}): ${name(control)}`);
    }
  }

  // What lies over the page on purpose is left out of both.
  const inFlow = (element) => visible(element) && !element.closest(".toasts, .menu, .put-away, dialog");
  for (const element of document.querySelectorAll("button, .button, .badge, .segments, .actions, .field, label, nav, th, td, dd, h1, h2, h3, summary")) {
    const { overflowX } = getComputedStyle(element);
    if (inFlow(element) && overflowX === "visible" && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1) {
      complaints.push(`sticks out by ${element.scrollWidth - element.clientWidth} px: ${name(element)}`);
    }
  }
  const boxes = [...document.querySelectorAll("a, button, select, input:not([type=hidden]), textarea, summary")].filter(inFlow);
  const rectangles = boxes.flatMap((element) => [...element.getClientRects()].map((box) => ({ element, box })));
  for (const [at, one] of rectangles.entries()) {
    for (const other of rectangles.slice(at + 1)) {
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      const within = one.element.contains(other.element) || other.element.contains(one.element);
      if (across > 1 && down > 4 && !within) complaints.push(`overlap: ${name(one.element)} and ${name(other.element)}`);
    }
  }

  // Contrast, WCAG 2.2, 1.4.3: at least 4.5 between a text and what is behind it. A canvas reads any colour syntax.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("Canvas");
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !visible(element) || element.closest(":disabled, option, noscript, script")) continue;
    const [light, dark] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) complaints.push(`contrast ${contrast.toFixed(2)}: ${name(element)}`);
  }
  return complaints;
}
