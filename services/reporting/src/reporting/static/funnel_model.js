/* Beside a slider stands its value while it moves, and the address says what is assumed; the rest is the house's work. */
"use strict";

document.querySelector("#assumptions")?.addEventListener("input", ({ target, currentTarget }) => {
  const place = target.parentElement.querySelector("output");
  if (place) {
    const value = Number(target.value).toLocaleString("en", { maximumFractionDigits: 1 });
    place.textContent = place.dataset.unit ? `${value} ${place.dataset.unit}` : value;
  }
  const moved = [...currentTarget.elements].filter((one) => one.name && one.value !== one.dataset.agreed);
  const query = new URLSearchParams(moved.map((one) => [one.name, one.value])).toString();
  history.replaceState(null, "", query ? `${location.pathname}?${query}` : location.pathname);
});
