// Says that files are too large before all of them are sent; the server says it, too.
(() => {
  "use strict";

  document.addEventListener("change", (event) => {
    const { most, tooMuch } = event.target.dataset;
    if (!most) return;
    const size = [...event.target.files].reduce((sum, file) => sum + file.size, 0);
    event.target.setCustomValidity(size > Number(most) ? tooMuch : "");
    event.target.reportValidity();
  });
})();
