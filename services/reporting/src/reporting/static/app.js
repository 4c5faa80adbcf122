/* Keys, decisions, and the light that says whether the page is live. Everything else is HTML. */
"use strict";

const $ = (selector, from = document) => from.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

/* live */
const live = $("#live");
let fresh = null;
function light(state, words) {
  if (!live) return;
  live.dataset.state = state;
  if (live.textContent !== words) live.textContent = words;
}
function age() {
  if (fresh === null) return;
  const seconds = Math.round((Date.now() - fresh) / 1000);
  const words = seconds < 5 ? "just now" : seconds < 90 ? `${seconds - (seconds % 5)} s ago` : `${Math.round(seconds / 60)} min ago`;
  light("live", `Live · updated ${words}`);
}
if (live) {
  live.addEventListener("hello", () => { fresh = Date.now(); age(); });
  live.addEventListener("news", () => { fresh = Date.now(); age(); });
  for (const name of ["htmx:sse:error", "htmx:sse:close"]) {
    live.addEventListener(name, () => { fresh = null; light("lost", "Reconnecting…"); });
  }
  setInterval(age, 1000);
}

/* A refresh changes what the house says, never what somebody has opened or typed. Rows that hold such a thing
   have an id, so that it stays with its row. */
function typed(node) {
  if (node.matches("input, textarea")) return node.value !== node.defaultValue || node.checked !== node.defaultChecked;
  if (node.matches("option")) return node.selected !== node.defaultSelected;
  return false;
}
htmx.registerExtension("keep", {
  htmx_before_morph_attr(node, { attrName }) {
    if (attrName === "open" && node.matches("details, dialog")) return false;
    return !(["value", "checked", "selected"].includes(attrName) && typed(node));
  },
  htmx_before_morph_node(node, { newNode }) {
    if (node.matches?.("textarea") && typed(node)) newNode.textContent = node.defaultValue;
    return true;
  },
});

/* words at the foot of the page */
let quiet = 0;
function toast(words) {
  $("#toast").textContent = words;
  clearTimeout(quiet);
  quiet = setTimeout(() => { $("#toast").textContent = ""; }, 6000);
}

/* an item of the review list is ticked */
async function review(button) {
  button.disabled = true;
  const item = button.dataset.review;
  const reply = await fetch("/sales", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ type: "reviewed", item, id: `web-${item}-reviewed` }),
  });
  if (reply.ok) { button.closest("tr").remove(); toast("Ticked."); return; }
  button.disabled = false;
  toast(`Not saved: the house answered ${reply.status}`);
}

/* what the door turned away: it alone knows, so the page asks it */
function make(tag, words, ...inner) {
  const made = document.createElement(tag);
  if (words !== undefined && words !== null) made.textContent = words;
  made.append(...inner);
  return made;
}
function table(titles, rows) {
  const heads = titles.map((title, at) => Object.assign(make("th", title), { scope: "col", className: rows[0]?.cells[at]?.classList.contains("num") ? "num" : "" }));
  const whole = make("table", null, make("thead", null, make("tr", null, ...heads)), make("tbody", null, ...rows));
  if (titles.length > 3) whole.dataset.fold = ""; /* as pages/folded_tables.py does for tables of the server */
  for (const row of rows) [...row.cells].slice(1).forEach((cell, at) => { cell.dataset.label = titles[at + 1]; });
  const scroll = Object.assign(make("div", null, whole), { className: "scroll", tabIndex: 0 });
  return scroll;
}
function decider(kind, id, act, words) {
  const button = Object.assign(make("button", words), { type: "button", className: "small" });
  Object.assign(button.dataset, { decide: `/api/${kind}/${id}/${act}` });
  return button;
}
function whom(content) {
  if (!content || typeof content !== "object") return content || "–";
  const { fields = {}, traits = {}, context = {} } = content;
  const person = { ...content, ...(context.traits || {}), ...traits, ...fields };
  const name = person.name && person.name !== content.name ? person.name : `${person.first_name || ""} ${person.last_name || ""}`.trim();
  return [name, person.email, person.company && (person.company.name || person.company), person.event].filter(Boolean).join(", ") || "–";
}
/* an instant as the rest of the page writes it, in the house's zone */
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
function when(at) {
  const { weekday, day, month, hour, minute } = Object.fromEntries(clock.formatToParts(new Date(at)).map((one) => [one.type, one.value]));
  return `${weekday} ${day} ${month.slice(0, 3)}, ${hour}:${minute}`;
}
/* what was refused, to be put right and read again: the whole message, as JSON */
function correction(kind, id, content) {
  const words = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  const text = Object.assign(make("textarea", words), { name: "content", rows: 12, spellcheck: false, required: true, id: `content-${kind}-${id}` });
  const label = Object.assign(make("label", "The message, as JSON"), { htmlFor: text.id });
  const wrong = Object.assign(make("p"), { className: "wrong", hidden: true, id: `wrong-${kind}-${id}` });
  wrong.setAttribute("role", "alert");
  text.setAttribute("aria-describedby", wrong.id);
  const form = Object.assign(make("form", null, label, text, wrong, Object.assign(make("button", "Read it so"), { className: "small" })), { method: "post", action: `/api/${kind}/${id}/release` });
  form.dataset.correct = "";
  return Object.assign(make("details", null, make("summary", "Put right"), form), { className: "correct" });
}
async function correct(form) {
  const { text, wrong, button } = { text: $("textarea", form), wrong: $(".wrong", form), button: $("button", form) };
  const say = (errors) => { wrong.replaceChildren(...errors.map((one) => make("span", null, make("code", one.pointer), ` ${one.detail}`))); wrong.hidden = !errors.length; text.toggleAttribute("aria-invalid", errors.length > 0); };
  let content;
  try { content = JSON.parse(text.value); } catch (error) { say([{ pointer: "/content", detail: `is no JSON: ${error.message}` }]); text.focus(); return; }
  button.disabled = true;
  const reply = await fetch(form.getAttribute("action"), { method: "POST", body: JSON.stringify({ content }), headers: { "Content-Type": "application/json" } }).catch(() => null);
  const answer = reply ? await reply.json().catch(() => ({})) : {};
  button.disabled = false;
  if (!reply || !reply.ok) {
    say(answer.errors?.length ? answer.errors : [{ pointer: "/content", detail: answer.detail || "was not read: the house did not answer" }]);
    text.focus();
    return;
  }
  toast(answer.duplicates ? "It was here already." : "Released: it is on its way.");
  form.closest("details").open = false;
  turnedAwayAll();
}
async function turnedAway(place) {
  const kind = place.dataset.turnedAway;
  if ($(".correct[open]", place)) return; /* somebody is writing in it */
  const reply = await fetch(`/api/${kind}?limit=20`).catch(() => null);
  if (!reply || !reply.ok) { place.replaceChildren(make("p", "The door does not answer.")); return; }
  const { items, counts } = await reply.json();
  if (!counts.length) { place.replaceChildren(Object.assign(make("p", place.dataset.none), { className: "soft" })); return; }
  const decides = place.hasAttribute("data-decidable");
  const totals = counts.map((one) => make("tr", null, make("td", one.what), make("td", one.reason), make("td", one.source), Object.assign(make("td", one.count), { className: "num" }), make("td", when(one.last_at))));
  const rows = items.map((one) => make("tr", null, make("td", when(one.at)), make("td", one.source), make("td", one.reason), make("td", whom(one.content)), make("td", null, ...(!decides ? ["–"] : [decider(kind, one.id, "release", kind === "spam" ? "Release" : "Read again"), " ", decider(kind, one.id, "drop", "Drop"), ...(kind === "refused" && one.content ? [correction(kind, one.id, one.content)] : [])]))));
  place.replaceChildren(table(["What", "Reason", "Source", "Count", "Last"], totals), ...(rows.length ? [table(["At", "Source", "Reason", "Whom", "Decide"], rows)] : []));
}
/* which tools send: the door knows */
const bars = (days, newest) => {
  const all14 = [...Array(14)].map((_, back) => new Date(newest - (13 - back) * 864e5).toISOString().slice(0, 10));
  const most = Math.max(1, ...Object.values(days));
  const place = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: 98, height: 20, viewBox: "0 0 98 20", role: "img", "aria-label": all14.map((day) => `${day}: ${days[day] || 0}`).join(", ") })) place.setAttribute(name, value);
  all14.forEach((day, at) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = Math.max(days[day] ? 1 : 0, Math.round((20 * (days[day] || 0)) / most));
    for (const [name, value] of Object.entries({ x: at * 7, y: 20 - height, width: 5, height, class: "fill" })) bar.setAttribute(name, value);
    place.append(bar);
  });
  return place;
};
async function tools(place) {
  const reply = await fetch("/api/tools").catch(() => null);
  if (!reply || !reply.ok) { place.replaceChildren(make("p", "The door does not answer.")); return; }
  const { items, unknown } = await reply.json();
  if (!items.length && !unknown.length) { place.replaceChildren(Object.assign(make("p", "Nothing has come in fourteen days."), { className: "soft" })); return; }
  const newest = Math.max(...items.map((one) => Date.parse(one.last_at)), 0) || Date.now();
  const rows = items.map((one) => make("tr", null, Object.assign(make("th", one.source), { scope: "row" }), make("td", null, bars(one.days, newest)), Object.assign(make("td", one.events.toLocaleString("en")), { className: "num" }), make("td", when(one.last_at))));
  const names = unknown.map((one) => make("tr", null, make("td", one.source), make("td", one.name), Object.assign(make("td", one.count), { className: "num" }), make("td", when(one.last_at))));
  place.replaceChildren(table(["Tool", "14 days", "Events", "Last"], rows), ...(names.length ? [Object.assign(make("p", "Names of events that nobody knows:"), { className: "soft" }), table(["Tool", "Event", "Times", "Last"], names)] : []));
}
document.addEventListener("toggle", async (event) => {
  const { payload } = event.target.dataset;
  if (!payload || !event.target.open) return;
  const reply = await fetch(payload);
  const letter = await reply.json().catch(() => ({}));
  $("pre", event.target).textContent = reply.ok ? JSON.stringify(letter.body, null, 2) : letter.detail || `the house answered ${reply.status}`;
}, true);
all("[data-tools]").forEach(tools);

const turnedAwayAll = () => all("[data-turned-away]").forEach(turnedAway);
function decision({ dataset, parentElement }) {
  if (!dataset.takes) return dataset.body;
  const place = (field) => parentElement.querySelector(`[data-field="${field}"]`);
  const empty = [dataset.of, dataset.takes].filter(Boolean).map(place).find((one) => !one.value.trim());
  if (empty) { empty.focus(); throw new Error(`Not done: “${empty.getAttribute("aria-label")}” is empty.`); }
  const given = (field) => place(field).value.trim();
  const value = given(dataset.takes);
  const named = dataset.of ? { values: { [given(dataset.of)]: value } } : { [dataset.takes]: value };
  return JSON.stringify({ ...JSON.parse(dataset.body), ...named });
}
async function decide(button) {
  let body;
  try { body = decision(button); } catch (error) { toast(error.message); return; }
  button.disabled = true;
  const reply = await fetch(button.dataset.decide, { method: "POST", ...(body ? { body, headers: { "Content-Type": "application/json" } } : {}) });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) toast(`Not done: ${answer.detail || `the house answered ${reply.status}`}`);
  else if (answer.duplicates) toast("It was here already.");
  else if (body) toast("Decided: the lists follow.");
  else toast(answer.state === "dropped" ? "Dropped." : "Released: it is on its way.");
  button.disabled = reply.ok;
  turnedAwayAll();
}
turnedAwayAll();
document.addEventListener("htmx:after:swap", turnedAwayAll);

document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  if (target.dataset.decide) decide(target);
  if (target.dataset.review) review(target);
  if (target.hasAttribute("data-keys")) $("#keys").showModal();
  if (target.hasAttribute("data-theme-switch")) turn();
  if (target.hasAttribute("data-close")) target.closest("dialog").close();
});
document.addEventListener("submit", (event) => {
  if (!event.target.hasAttribute("data-correct")) return;
  event.preventDefault();
  correct(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-submit")) event.target.form.requestSubmit();
});

/* the list behind a number, at the right: one stays on the page */
async function drawer(link) {
  const place = $("#drawer-list");
  const address = new URL(link.href);
  address.searchParams.set("pane", "1");
  const reply = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!reply || !reply.ok || reply.redirected) { location.href = link.href; return; }
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
  if (!$("#drawer").open) $("#drawer").showModal();
  place.focus({ preventScroll: true });
  $("#drawer").scrollTop = 0;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-drawers] a[href^='/leads?'], #drawer-list a[data-pane]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !$("#drawer")) return;
  event.preventDefault();
  drawer(link);
});
document.addEventListener("click", (event) => { if (event.target.id === "drawer") event.target.close(); });

/* light or dark */
function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

/* keys */
let before = "";
function search(event) {
  const field = $("#find");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { search(event); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open], :popover-open")) return;
  if (event.key === "Escape" && event.target.matches("#find")) event.target.blur();
  if (event.target.matches("input, select, textarea")) return;
  const pair = before === "g" ? $(`[data-go="${CSS.escape(event.key)}"]`) : null;
  before = event.key === "g" ? "g" : "";
  if (pair) location.href = pair.href;
  else if (event.key === "/") search(event);
  else if (event.key === "?" && $("#keys")) $("#keys").showModal();
  else if (event.key === "t") turn();
  else if (event.key === "Escape") all("[data-chip]").at(-1)?.click();
});
