/* Light, dark, or as the system has it: before anything is drawn, so that nothing flashes. */
"use strict";
(() => {
  const kept = localStorage.getItem("theme");
  if (kept && !document.documentElement.dataset.theme) document.documentElement.dataset.theme = kept;
})();
