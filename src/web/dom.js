// Nodes are built, never parsed: what the server says is text, whatever is in it.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; properties that begin with `on` are listeners, all others attributes. */
export function element(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** The same of SVG. */
export function svg(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

/** A button, which submits nothing. */
export function button(text, onclick, properties = {}) {
  return element("button", { type: "button", onclick, ...properties }, text);
}

/** Says something to who cannot see the page change. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** Moves the focus to a node that is no control, such as a heading. */
export function focus(node) {
  node.tabIndex = -1;
  node.focus();
}

/** `1 photo`, `2 photos`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function furnish(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}
