/* The list of leads: j and k walk, x picks, Enter opens; the bar at the foot says how many are picked. */
"use strict";
{
  const bar = document.querySelector("#picked");
  const boxes = () => [...document.querySelectorAll("[data-row] .pick input")];
  const count = () => {
    if (!bar) return;
    const picked = boxes().filter((box) => box.checked).length;
    bar.classList.toggle("none", !picked);
    bar.querySelector("[data-picked-count]").textContent = `${picked} picked`;
  };
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const at = () => document.activeElement?.closest("[data-row]") || document.querySelector("[data-row][data-at]");
  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(at());
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    all.forEach((row) => row.removeAttribute("data-at"));
    next.setAttribute("data-at", "");
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("change", (event) => { if (event.target.matches(".pick input")) count(); });
  document.addEventListener("htmx:after:swap", count);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "x") {
      if (!at()) walk(1);
      const box = at()?.querySelector(".pick input");
      if (box) { box.checked = !box.checked; count(); }
    } else if (event.key === "Enter" && event.target.matches("[data-row]")) event.target.querySelector(".name a")?.click();
  });
  /* what is typed stands in the address, so that it can be sent on and the page reloaded; no refresh brings back
     what was looked for before */
  const form = document.querySelector("#filters");
  form?.addEventListener("input", (event) => {
    if (!event.target.matches("[data-search]")) return;
    const given = [...new FormData(form)].filter(([, value]) => value);
    history.replaceState(null, "", given.length ? `/leads?${new URLSearchParams(given)}` : "/leads");
    document.querySelector("#panels").setAttribute("hx-get", location.pathname + location.search); // for a refresh, too
  });
  count();
}
