// How far a request with files is, and the way to stop it.

import { announce, button, element } from "./dom.js";

/**
 * Shows the progress of `start({ onsent, signal })` in `panel`, and gives what it gives.
 * Nothing where the person stopped it.
 */
export async function follow(panel, { sending, working }, start) {
  const stop = new AbortController();
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const text = element("p", {}, `${sending} …`);
  panel.replaceChildren(
    element(
      "div",
      { class: "progress" },
      text,
      bar,
      button("Cancel", () => stop.abort()),
    ),
  );
  announce(sending);
  const onsent = (part) => {
    bar.value = part;
    text.textContent = part < 1 ? `${sending} … ${Math.round(100 * part)}%` : `${working} …`;
    if (part < 1) return;
    bar.removeAttribute("value");
    announce(working);
  };
  try {
    return await start({ onsent, signal: stop.signal });
  } catch (problem) {
    if (!stop.signal.aborted) throw problem;
    announce("Cancelled.");
    return undefined;
  } finally {
    panel.replaceChildren();
  }
}
