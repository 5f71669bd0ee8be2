// Where files are dropped or chosen, and seen before they are sent.

import { announce, button, count, element, svg } from "./dom.js";
import { image } from "./photos.js";

/** A field for up to `most` files; `files()` are the chosen ones, `clear()` empties it. */
export function picker({ label, hint, most, accept = "image/*", onchange = () => {} }) {
  let chosen = [];
  const input = element("input", {
    type: "file",
    class: "unseen",
    accept,
    multiple: most > 1,
    onchange: () => add(input.files),
  });
  const previews = element("ul", { class: "previews" });
  const zone = element(
    "label",
    { class: "drop" },
    input,
    icon(),
    element("strong", {}, label),
    element("span", { class: "hint" }, hint),
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    add(event.dataTransfer.files);
  });

  function add(files) {
    const added = [...files].slice(0, most);
    chosen = [...chosen, ...added].slice(-most);
    // The same file may be chosen again after it was removed.
    input.value = "";
    announce(`${count(added.length, "file")} added.`);
    show();
  }

  function show() {
    previews.replaceChildren(
      ...chosen.map((file) =>
        preview(file, () => {
          chosen = chosen.filter((other) => other !== file);
          announce(`${file.name} removed.`);
          show();
          input.focus();
        }),
      ),
    );
    zone.classList.toggle("filled", chosen.length > 0);
    onchange();
  }

  function clear() {
    chosen = [];
    show();
  }

  return { node: element("div", { class: "picker" }, zone, previews), files: () => chosen, clear };
}

function preview(file, remove) {
  const picture = element("span", { class: "thumb" });
  if (file.type.startsWith("image/")) picture.append(image(file));
  return element(
    "li",
    {},
    picture,
    element("span", { class: "name" }, file.name),
    button("×", remove, { class: "quiet", "aria-label": `Remove ${file.name}` }),
  );
}

function icon() {
  return svg(
    "svg",
    { viewBox: "0 0 48 48", class: "icon", "aria-hidden": "true" },
    svg("rect", { x: 7, y: 9, width: 34, height: 30, rx: 6 }),
    svg("circle", { cx: 24, cy: 21, r: 5.5 }),
    svg("path", { d: "M13 36c1-6 5-9 11-9s10 3 11 9" }),
  );
}
