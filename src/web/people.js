// One person: photos, listed kin, and the way to be forgotten.

import { address, getJson } from "./api.js";
import { count, element } from "./dom.js";
import { crumbs } from "./families.js";
import { thumbnail } from "./photos.js";
import { pending } from "./problem.js";
import { removal } from "./removal.js";
import { familyOf, memberOf, nameWithin, roleOf } from "./words.js";

export function personView(person) {
  const family = familyOf(person);
  return element(
    "div",
    {},
    crumbs(element("a", { href: "#/families" }, "Families"), element("a", { href: `#/family/${family}` }, family)),
    element("h1", {}, memberOf(person)),
    pending(async () => {
      const [{ photos }, { relationships }] = await Promise.all([
        getJson(address("people", person)),
        getJson(`/v1/relationships?family=${family}&limit=1000`),
      ]);
      return personPage(person, photos, relationships);
    }),
  );
}

function personPage(person, photos, relationships) {
  const family = familyOf(person);
  const own = relationships.filter(({ person_a, person_b }) => [person_a, person_b].includes(person));
  return element(
    "div",
    { class: "stack" },
    element(
      "p",
      { class: "lead" },
      "Family ",
      element("a", { href: `#/family/${family}` }, family),
      ` · ${count(photos.length, "photo")}`,
    ),
    element(
      "ul",
      { class: "photos" },
      photos.map((id) => element("li", {}, thumbnail(id, `Photo ${id}`))),
    ),
    own.length > 0 &&
      element(
        "section",
        {},
        element("h2", {}, "Listed relatives"),
        element(
          "ul",
          { class: "chips" },
          own.map((pair) => relative(pair, person)),
        ),
      ),
    element("p", {}, element("a", { class: "button", href: `#/enrol/${person}` }, "Add photos")),
    removal(
      "people",
      person,
      "Delete this person …",
      `This deletes ${count(photos.length, "photo")}, all data computed from the photos, and ${count(own.length, "listed relationship")}. You cannot undo this.`,
    ),
  );
}

function relative(pair, person) {
  const other = pair.person_a === person ? pair.person_b : pair.person_a;
  return element(
    "li",
    {},
    element(
      "a",
      { href: `#/person/${other}` },
      element("strong", {}, nameWithin(familyOf(person), other)),
      ` ${roleOf(pair, person)}`,
    ),
  );
}
