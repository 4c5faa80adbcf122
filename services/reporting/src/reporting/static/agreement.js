// The contents follow the reader; the search hides clauses as one types. Without this file both work by links and a form.
const entries = new Map([...document.querySelectorAll(".toc a")].map((one) => [one.hash.slice(1), one]));
const seen = new Map();
let atEnd = false;
function mark() {
  const ids = [...entries.keys()];
  const here = atEnd ? ids.at(-1) : ids.find((id) => seen.get(id));
  if (!here) return;
  for (const [id, link] of entries) {
    if (id === here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
const follow = new IntersectionObserver((changes) => {
  for (const one of changes) seen.set(one.target.id, one.isIntersecting);
  mark();
}, { rootMargin: "-15% 0px -55% 0px" });
for (const one of document.querySelectorAll(".chapter")) follow.observe(one);
const footer = document.querySelector("body > footer");
if (footer) new IntersectionObserver(([one]) => { atEnd = one.isIntersecting; mark(); }).observe(footer);

const field = document.querySelector("main .find input");
const opened = new Set();
field?.addEventListener("input", () => {
  const words = field.value.trim().toLowerCase();
  let found = 0;
  for (const clause of document.querySelectorAll("[data-clause]")) {
    clause.hidden = words !== "" && !clause.textContent.toLowerCase().includes(words);
    if (!clause.hidden) found += 1;
  }
  for (const article of document.querySelectorAll("[data-article]")) {
    article.hidden = !article.querySelector("[data-clause]:not([hidden])");
    if (article.tagName !== "DETAILS") continue;
    if (words && !article.hidden && !article.open) { article.open = true; opened.add(article); }
    if (!words && opened.delete(article)) article.open = false;
  }
  for (const chapter of document.querySelectorAll(".chapter")) chapter.hidden = !chapter.querySelector("[data-article]:not([hidden])");
  document.getElementById("found").textContent = words ? `${found} clause${found === 1 ? "" : "s"} with “${words}”` : "";
});
