/* What an eye misses on this page, and a finger does not hit: read by sight.py. */
([finger]) => {
  const found = new Set(), wide = document.documentElement.clientWidth;
  const aside = ".sr, .skip, [popover]:not(:popover-open), dialog:not([open]), .pot, pre, code, option, noscript";
  const clips = (one) => one !== null && (getComputedStyle(one).clipPath.includes("inset") || clips(one.parentElement));
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(aside) && !clips(one);
  const name = (one) => {
    const place = one.closest("[aria-labelledby], nav, form")?.getAttribute("aria-labelledby") || "";
    return `${place} ${one.tagName.toLowerCase()}.${one.getAttribute("class") || ""} “${(one.innerText || one.ariaLabel || "").trim().slice(0, 40)}”`;
  };
  document.querySelectorAll("details:not([name])").forEach((one) => { one.open = true; });
  document.querySelectorAll(".fold > input").forEach((one) => { one.checked = true; });
  if (document.documentElement.scrollWidth > wide) found.add(`the page scrolls sideways by ${document.documentElement.scrollWidth - wide} px`);

  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode, one = text.parentElement;
    if (!text.data.trim() || ["SCRIPT", "STYLE"].includes(one.tagName) || !seen(one)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const letters = text.data.trim().length;
    if (letters > 7 && range.getClientRects().length > letters / 3) found.add(`squeezed: ${name(one)}`);
    for (const box of range.getClientRects()) {
      let read = false;
      for (let around = one; around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around), edge = around.getBoundingClientRect();
        if (style.overflowX === "visible" || (box.right <= edge.right + 1.5 && box.left >= edge.left - 1.5)) continue;
        read = style.textOverflow === "ellipsis" && around.closest("[title]") !== null;
        if (!read) found.add(`cut: ${name(one)}`);
        break;
      }
      if (!read && box.width > 1 && (box.right > wide + 1 || box.left < -1)) found.add(`outside: ${name(one)}`);
    }
  }
  if (finger) for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    const box = one.getBoundingClientRect();
    if (!seen(one) || !box.width || one.closest("svg")) continue;
    if (one.matches("a") && getComputedStyle(one).display === "inline") continue;
    if (one.matches("[type=checkbox], [type=radio]")) {
      const around = one.closest("label")?.getBoundingClientRect();
      if (!around || around.height < finger - 0.5) found.add(`small: ${name(one)} ${one.name}`);
    } else if (box.height < finger - 0.5) found.add(`small: ${name(one)} ${Math.round(box.width)} × ${Math.round(box.height)}`);
  }
  return [...found];
}
