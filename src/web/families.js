// The families of the gallery, and one of them.

import { address, getJson } from "./api.js";
import { button, count, element } from "./dom.js";
import { thumbnail } from "./photos.js";
import { pending } from "./problem.js";
import { relationEditor } from "./relations.js";
import { removal } from "./removal.js";
import { tree } from "./tree.js";
import { memberOf } from "./words.js";

const PAGE = 60;
const FACES_SHOWN = 4;

/** Everybody, family by family. */
export function familiesView() {
  const list = element("ul", { class: "tiles" });
  return element(
    "div",
    {},
    element("h1", {}, "Families"),
    pending(async () => {
      const more = await append(list);
      if (!list.childElementCount) return nobody();
      return element("div", { class: "stack" }, list, more);
    }),
  );
}

/** One family: its people, their listed kin, their photos. */
export function familyView(family) {
  return element(
    "div",
    {},
    crumbs(element("a", { href: "#/families" }, "Families")),
    element("h1", {}, `Family ${family}`),
    pending(() => familyPage(family)),
  );
}

/** The way back. */
export function crumbs(...links) {
  return element(
    "nav",
    { class: "crumbs", "aria-label": "Breadcrumb" },
    links.flatMap((link, index) => [index > 0 && " / ", link]),
  );
}

/** Reads the family; where its relations change, a new page takes the place of this one. */
async function familyPage(family, isEditing = false) {
  const [{ people }, { relationships }] = await Promise.all([
    getJson(address("families", family)),
    getJson(`/v1/relationships?family=${family}&limit=1000`),
  ]);
  const editor = [isEditing, async () => page.replaceWith(await familyPage(family, true))];
  const page = describe(family, people, relationships, editor);
  return page;
}

function describe(family, people, relationships, [isEditing, onchange]) {
  const photos = people.reduce((sum, person) => sum + person.photos, 0);
  const ids = people.map(({ person }) => person);
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "lead" },
      [
        count(people.length, "person", "people"),
        count(photos, "photo"),
        count(relationships.length, "listed relationship"),
      ].join(" · "),
    ),
    relationships.length > 0 &&
      element("section", { class: "panel" }, element("h2", {}, "Listed relationships"), tree(ids, relationships)),
    element("h2", {}, "People"),
    element("ul", { class: "tiles people" }, people.map(personTile)),
    relationEditor(ids, relationships, { isOpen: isEditing, onchange }),
    element("p", {}, element("a", { class: "button", href: `#/enrol/${family}` }, "Enroll a person")),
    removal(
      "families",
      family,
      "Delete this family …",
      `This deletes the complete family: ${count(people.length, "person", "people")}, ${count(photos, "photo")} and all data computed from the photos. You cannot undo this.`,
    ),
  );
}

function personTile({ person, photos, portrait }) {
  return element(
    "li",
    {},
    element(
      "a",
      { class: "tile", href: `#/person/${person}` },
      thumbnail(portrait, `Photo of ${person}`),
      element("strong", {}, memberOf(person)),
      element("small", {}, `${count(photos, "photo")}`),
    ),
  );
}

/** Adds a page to the list; gives the button for the next one. */
async function append(list, cursor) {
  const { families, next } = await getJson(
    `/v1/families?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
  );
  list.append(...families.map(familyTile));
  if (!next) return undefined;
  const more = button("Show more", async () => {
    more.disabled = true;
    const following = await append(list, next);
    if (following) more.replaceWith(following);
    else more.remove();
  });
  return more;
}

function familyTile(family) {
  const faces = element("span", { class: "faces" });
  const size = element("small", {}, "…");
  const observer = new IntersectionObserver(async ([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    observer.disconnect();
    try {
      const { people } = await getJson(address("families", family));
      faces.append(...people.slice(0, FACES_SHOWN).map((person) => thumbnail(person.portrait, "")));
      size.textContent = count(people.length, "person", "people");
    } catch (problem) {
      size.textContent = problem.message;
    }
  });
  observer.observe(faces);
  return element(
    "li",
    {},
    element("a", { class: "tile", href: `#/family/${family}` }, faces, element("strong", {}, family), size),
  );
}

function nobody() {
  return element(
    "div",
    { class: "kindly" },
    element("p", {}, "No one is enrolled yet."),
    element("p", {}, element("a", { class: "button", href: "#/enrol" }, "Enroll the first person")),
  );
}
