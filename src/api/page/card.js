// Cards of people and couples that a search found.

import { element } from "./dom.js";
import { image, portrait, silhouette, thumbnail } from "./photos.js";
import { familyOf, judge, likely, meaning, memberOf, nameWithin, percent } from "./words.js";

const PHOTOS_SHOWN = 4;

/** Somebody who may be kin: who, how likely, and why. */
export function personCard(match, crops, isOpen) {
  const { person, kinship, photos, cosine } = match;
  return element(
    "article",
    { class: "card" },
    element(
      "div",
      { class: "head" },
      thumbnail(photos[0].id, `Photo of ${person}`),
      element(
        "div",
        { class: "who" },
        names(person),
        kinship && element("p", { class: "word" }, likely(kinship.probability)),
      ),
      kinship
        ? share(kinship.probability)
        : element("p", { class: "share" }, element("strong", {}, cosine.toFixed(2)), " likeness"),
    ),
    kinship && element("p", { class: "hint" }, meaning(kinship.probability)),
    why(match, crops, isOpen),
  );
}

/** Two people who may be the parents. */
export function coupleCard({ people, probability }) {
  return element(
    "article",
    { class: "card couple" },
    element(
      "div",
      { class: "head" },
      people.map((person) => element("div", { class: "half" }, portrait(person, `Photo of ${person}`), names(person))),
      share(probability),
    ),
    element("p", { class: "hint" }, "How likely it is that both are relatives of the child, by their faces."),
  );
}

/** Somebody in one line. */
export function personRow({ person, cosine, photos }) {
  return element(
    "a",
    { class: "row", href: `#/person/${person}` },
    thumbnail(photos[0].id, `Photo of ${person}`),
    element(
      "span",
      {},
      element("strong", {}, memberOf(person)),
      element("small", {}, `Family ${familyOf(person)} · likeness ${cosine.toFixed(2)}`),
    ),
  );
}

function names(person) {
  return element(
    "div",
    {},
    element("h3", {}, element("a", { href: `#/person/${person}` }, memberOf(person))),
    element("p", {}, element("a", { href: `#/family/${familyOf(person)}` }, `Family ${familyOf(person)}`)),
  );
}

function share(probability) {
  return element("p", { class: "share" }, element("strong", {}, percent(probability)), bar(probability));
}

function why({ family, kinship, photos, listed_kin }, crops, isOpen) {
  return element(
    "details",
    { class: "why", open: isOpen },
    element("summary", {}, "Why"),
    element(
      "div",
      { class: "beside" },
      crops.map(({ name, blob }) =>
        figure(blob ? picture(blob) : element("span", { class: "thumb" }, silhouette()), name),
      ),
      element("span", { class: "versus", "aria-hidden": "true" }),
      photos.slice(0, PHOTOS_SHOWN).map((photo) => figure(thumbnail(photo.id, `Photo ${photo.id}`), likeness(photo))),
    ),
    kinship && judges(kinship.members),
    listed_kin.length > 0 && element("p", { class: "hint" }, "Listed relatives: ", kin(listed_kin, family)),
  );
}

function figure(content, caption) {
  return element("figure", {}, content, element("figcaption", {}, caption));
}

function picture(blob) {
  return element("span", { class: "thumb mine" }, image(blob));
}

function likeness({ cosine, probability }) {
  const text = `Likeness ${cosine.toFixed(2)}`;
  return probability === undefined ? text : `${text}, ${percent(probability)} by this photo`;
}

/** What each member of the ensemble says alone. */
function judges(members) {
  const all = Object.entries(members).sort(([, one], [, other]) => other - one);
  const agreeing = all.filter(([, probability]) => probability >= 0.5).length;
  const row = ([name, probability]) =>
    element(
      "li",
      {},
      element("span", { title: name }, judge(name)),
      bar(probability),
      element("span", { class: "value" }, percent(probability)),
    );
  return element(
    "div",
    { class: "judges" },
    element(
      "p",
      {},
      `${agreeing} of ${all.length} judges rather see relatives. Each compares the faces in its own way, and the probability weighs what they say.`,
    ),
    element("ul", {}, all.map(row)),
  );
}

function bar(part) {
  const filled = element("span", {});
  filled.style.width = `${100 * part}%`;
  return element("span", { class: "meter", "aria-hidden": "true" }, filled);
}

function kin(people, family) {
  return people.flatMap((person, index) => [
    index > 0 && ", ",
    element("a", { href: `#/person/${person}` }, nameWithin(family, person)),
  ]);
}
