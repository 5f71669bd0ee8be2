// A family as a small tree of its listed relations: lines in SVG, people as links over it.

import { element, svg } from "./dom.js";
import { arrange, mean } from "./generations.js";
import { portrait } from "./photos.js";
import { memberOf, relationName } from "./words.js";

const COLUMN = 104;
const ROW = 150;
const FACE = 64;
const TOP = 8;

/** The tree of `people`; relations with others are left out. */
export function tree(people, listed) {
  const relationships = listed.filter(
    ({ person_a, person_b }) => people.includes(person_a) && people.includes(person_b),
  );
  const { places, columns, rows } = arrange(people, relationships);
  const points = new Map(
    [...places].map(([person, { column, row }]) => [
      person,
      { x: (column + 0.5) * COLUMN, y: TOP + row * ROW + FACE / 2 },
    ]),
  );
  const size = { width: columns * COLUMN, height: rows * ROW - 45 };
  const lines = svg(
    "svg",
    { viewBox: `0 0 ${size.width} ${size.height}`, ...size, "aria-hidden": "true" },
    links(relationships, points),
  );
  const canvas = element(
    "div",
    { class: "tree" },
    lines,
    [...points].map(([person, point]) => node(person, point, relationships)),
  );
  canvas.style.width = `${size.width}px`;
  canvas.style.height = `${size.height}px`;
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": "Family tree of listed relationships" },
    canvas,
  );
}

function node(person, { x, y }, relationships) {
  const kin = relationships
    .filter(({ person_a, person_b }) => [person_a, person_b].includes(person))
    .map(
      (pair) =>
        `${relationName(pair.relation)} with ${memberOf(pair.person_a === person ? pair.person_b : pair.person_a)}`,
    );
  const link = element(
    "a",
    { href: `#/person/${person}`, class: "node", title: kin.join("\n") },
    portrait(person, `Photo of ${person}`),
    element("span", { class: "label" }, memberOf(person)),
  );
  link.style.left = `${x - COLUMN / 2}px`;
  link.style.top = `${y - FACE / 2}px`;
  return link;
}

/** Lines from parents down to their children; where no listed parent says it already, to grandchildren and siblings. */
function links(relationships, points) {
  const parents = parentsOf(relationships);
  const isParent = (elder, child) => parents.get(child)?.includes(elder);
  const broods = new Map();
  for (const [child, elders] of parents) {
    const brood = [...elders].sort().join();
    broods.set(brood, [...(broods.get(brood) ?? []), child]);
  }
  const brood = [...broods].map(([elders, children]) => descent(elders.split(","), children, points));
  const loose = relationships.filter(({ person_a, person_b, relation }) => {
    const [one, other] = [parents.get(person_a) ?? [], parents.get(person_b) ?? []];
    if (isParent(person_a, person_b)) return false;
    if (relation?.startsWith("g")) return !other.some((parent) => isParent(person_a, parent));
    return !one.some((parent) => other.includes(parent));
  });
  return [...brood, ...loose.map(({ person_a, person_b }) => straight(points.get(person_a), points.get(person_b)))];
}

/** Who is listed as a parent of whom. */
function parentsOf(relationships) {
  const parents = new Map();
  for (const { person_a, person_b, relation } of relationships) {
    if (!/^[fm][ds]$/.test(relation)) continue;
    parents.set(person_b, [...(parents.get(person_b) ?? []), person_a]);
  }
  return parents;
}

function descent(elders, children, points) {
  const above = elders.map((person) => points.get(person));
  const below = children.map((person) => points.get(person));
  const from = { x: mean(above.map(({ x }) => x)), y: Math.max(...above.map(({ y }) => y)) };
  const bus = from.y + FACE / 2 + 34;
  const couple = above.length > 1 ? `M${above.map(({ x, y }) => `${x} ${y}`).join("L")}` : "";
  const drops = below.map(({ x, y }) => `M${from.x} ${bus}H${x}V${y}`).join("");
  return svg("path", { d: `${couple}M${from.x} ${from.y}V${bus}${drops}` });
}

function straight(from, to) {
  const bend = from.y === to.y ? from.y - FACE / 2 - 6 : (from.y + to.y) / 2;
  return svg("path", { class: "loose", d: `M${from.x} ${from.y}Q${(from.x + to.x) / 2} ${bend} ${to.x} ${to.y}` });
}
