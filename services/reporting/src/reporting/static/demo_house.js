/* Asks every second how far it is; goes home when the other house answers. */
"use strict";
(() => {
  async function look() {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.replace("/");
      const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("making");
      if (!made) return location.reload();
      const bar = document.querySelector("#making progress"), next = made.querySelector("progress");
      if (bar && next && bar.hasAttribute("value") && next.hasAttribute("value")) {
        bar.value = next.value;
        document.getElementById("day").textContent = made.querySelector("#day").textContent;
      } else document.getElementById("making").replaceWith(document.adoptNode(made));
      if (!next) return undefined;
    } catch (error) {
      /* between two houses nobody answers: it is asked again */
    }
    return setTimeout(look, 1000);
  }
  setTimeout(look, 1000);
})();
