// Cards of people and couples that a search found.

import { element } from "./dom.js";
import { image, portrait, silhouette, thumbnail } from "./photos.js";
import { isSameTint, tintOf } from "./probe.js";
import {
  agreementSentence,
  chanceSentence,
  familyOf,
  memberOf,
  nameWithin,
  probabilitySentence,
  supportName,
} from "./words.js";

/** The cosine from which two photos may be one. */
const SAME_PHOTOGRAPH = 0.9;

/** A person with the evidence of kinship; `context` has the faces and the scope of the search. */
export function personCard(match, context, isOpen) {
  const { person, kinship, photos, cosine } = match;
  return element(
    "article",
    { class: "card" },
    element(
      "div",
      { class: "head" },
      thumbnail(decidingPhoto(photos).id, `Photo of ${person}`),
      element("div", { class: "who" }, names(person), kinship && band(kinship.support)),
      !kinship && element("p", { class: "share" }, element("strong", {}, cosine.toFixed(2)), " similarity"),
    ),
    kinship && odds(kinship, context.searched),
    isListed(match, context) && element("p", { class: "listed" }, "Listed as a relative of the person in your photo."),
    why(match, context, isOpen),
  );
}

/** Whether the gallery lists the person as kin of the probe's, so that the answer can be checked. */
function isListed({ listed_kin }, { known_as }) {
  return listed_kin.some((person) => known_as.includes(person));
}

/** Two people who may be the parents. */
export function coupleCard({ people, support, is_known_couple }) {
  return element(
    "article",
    { class: "card couple" },
    element(
      "div",
      { class: "head" },
      people.map((person) => element("div", { class: "half" }, portrait(person, `Photo of ${person}`), names(person))),
    ),
    band(support),
    element("p", { class: "hint" }, is_known_couple ? "A possible couple" : "Two relatives of one family"),
  );
}

/** A person in one line. */
export function personRow({ person, cosine, photos }) {
  return element(
    "a",
    { class: "row", href: `#/person/${person}` },
    thumbnail(photos[0].id, `Photo of ${person}`),
    element(
      "span",
      {},
      element("strong", {}, memberOf(person)),
      element("small", {}, `Family ${familyOf(person)} · similarity ${cosine.toFixed(2)}`),
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

function band(support) {
  return element("p", { class: `band ${support}` }, supportName(support));
}

/** What the evidence is worth among so many people. */
function odds({ chance_matches, probability }, searched) {
  return element(
    "div",
    { class: "odds" },
    chance_matches !== undefined && element("p", { class: "chance" }, chanceSentence(chance_matches)),
    probability !== undefined && element("p", { class: "hint" }, probabilitySentence(probability, searched)),
  );
}

/** The photo with the most evidence; the nearest one without evidence. */
function decidingPhoto(photos) {
  const evidence = ({ log_likelihood_ratio: ratio = -Infinity }) => ratio;
  return photos.reduce((best, photo) => (evidence(photo) > evidence(best) ? photo : best));
}

function why(match, context, isOpen) {
  const { family, kinship, photos, listed_kin } = match;
  const photo = decidingPhoto(photos);
  const reservations = element(
    "ul",
    { class: "reservations" },
    doubts(photo, kinship, context).map((text) => element("li", {}, text)),
  );
  return element(
    "details",
    { class: "why", open: isOpen },
    element("summary", {}, "Why"),
    faces(photo, kinship, context.crops, reservations),
    kinship && element("p", { class: "agreement" }, agreementSentence(kinship)),
    reservations,
    listed_kin.length > 0 && element("p", { class: "hint" }, "Listed relatives: ", kin(listed_kin, family)),
  );
}

/** The face that was searched with, and the enrolled one. */
function faces(photo, kinship, crops, reservations) {
  const addDoubt = async (blob) => {
    const text = await tintDoubt(crops, blob);
    if (text) reservations.append(element("li", {}, text));
  };
  const caption = `${kinship ? "The photo with the strongest evidence" : "The most similar photo"}, similarity ${photo.cosine.toFixed(2)}`;
  return element(
    "div",
    { class: "beside" },
    crops.map(({ name, blob }) =>
      figure(blob ? picture(blob) : element("span", { class: "thumb" }, silhouette()), name),
    ),
    figure(thumbnail(photo.id, `Photo ${photo.id}`, addDoubt), caption),
  );
}

/** What may mislead the model, except for the tint. */
function doubts({ cosine }, kinship, { typicality }) {
  return [
    cosine > SAME_PHOTOGRAPH && "This may be the same photo, or one taken at the same moment.",
    // A notice above the results is about the probe; this is about the enrolled face.
    kinship?.typicality < typicality &&
      "One of the faces is unlike the faces the model was trained on. The evidence is therefore reduced.",
  ].filter(Boolean);
}

/** The doubt about an enrolled photo that has the tint of a probe's. */
async function tintDoubt(crops, blob) {
  const tint = await tintOf(blob);
  if (!crops.some((crop) => isSameTint(crop.tint, tint))) return undefined;
  return `Both photos are ${tint.isGrey ? "gray" : "similarly tinted"}. Old prints look similar for that reason alone.`;
}

function figure(content, caption) {
  return element("figure", {}, content, element("figcaption", {}, caption));
}

function picture(blob) {
  return element("span", { class: "thumb mine" }, image(blob));
}

function kin(people, family) {
  return people.flatMap((person, index) => [
    index > 0 && ", ",
    element("a", { href: `#/person/${person}` }, nameWithin(family, person)),
  ]);
}
