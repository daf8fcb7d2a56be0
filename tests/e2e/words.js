// Every word of a page and what keeps a person from reading it, empty if nothing does. Images and their words aside.
(far) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, under) => [0, 1, 2].map((at) => (top[at] * top[3] + under[at] * (255 - top[3])) / 255);
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const page = rgba(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  // What may be behind a point: one colour, or where a picture is, the two that its veil leaves.
  const grounds = (stack) => {
    const [top, ...under] = stack;
    if (!top) return [page];
    const { backgroundColor, backgroundImage } = getComputedStyle(top);
    const veil = backgroundImage.match(/^linear-gradient\((rgba?\([^)]*\)), rgba?\([^)]*\)\)/);
    if (backgroundImage !== "none" && !veil) return [[0, 0, 0], [255, 255, 255]];
    if (veil) return [[0, 0, 0], [255, 255, 255]].map((colour) => over(rgba(veil[1]), colour));
    const fill = rgba(backgroundColor);
    if (fill[3] === 255) return [fill.slice(0, 3)];
    return grounds(under).map((colour) => over(fill, colour));
  };

  const wide = document.documentElement.clientWidth;
  const found = [];
  let last = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const match of node.data.matchAll(/[^\s\u200b]+/g)) {
      const word = match[0];
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + word.length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5);
      const faults = [];
      if (!boxes.length) faults.push("nowhere");
      for (const at of new Set([0, boxes.length - 1].filter((at) => at in boxes))) {
        const { left, right, top, height } = boxes[at]; // seen from the top of the page
        if (left < 0 || right > wide + 1) faults.push(`beside the page: ${Math.round(left)} to ${Math.round(right)} of ${wide}`);
        if (height < 8) faults.push(`${height} px high`);
        if (!at && top - last > far) faults.push(`${Math.round(top - last)} px below the last`);
        if (top < -1) faults.push("above the page");
        last = top;
        scrollTo(0, Math.max(0, top - innerHeight / 2));
        const here = [...range.getClientRects()].filter((box) => box.width > 0.5)[at];
        const [x, y] = [(here.left + Math.min(here.right, here.left + 12)) / 2, (here.top + here.bottom) / 2];
        const stack = document.elementsFromPoint(x, y);
        const parent = node.parentElement;
        if (stack[0] !== parent) faults.push(`covered by ${stack[0]?.outerHTML.slice(0, 80)}`);
        const { color, opacity } = getComputedStyle(parent);
        const least = Math.min(...grounds(stack.slice(stack.indexOf(parent))).map((ground) => contrast(over(rgba(color), ground), ground)));
        if (least < 1.3) faults.push(`contrast ${least.toFixed(2)}, ${color}`);
        if (opacity !== "1") faults.push(`opacity ${opacity}`);
        scrollTo(0, 0);
      }
      found.push([word, faults.join("; ")]);
    }
  }
  return found;
}
