// Figures and codes in plain words.

import { count } from "./dom.js";

const SUPPORT = {
  moderate: "Moderate support for kinship",
  weak: "Weak support for kinship",
  none: "No support either way",
  against: "Support for unrelated people",
};

const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** The least probability at even odds with which a score speaks for kinship. */
const FOR_KINSHIP = 0.5;

/** What the two people are to each other, the first of them first; by the code of their relation. */
const ROLES = {
  bb: ["brother", "brother"],
  ss: ["sister", "sister"],
  sibs: ["sibling", "sibling"],
  fd: ["father", "daughter"],
  fs: ["father", "son"],
  md: ["mother", "daughter"],
  ms: ["mother", "son"],
  gfgd: ["grandfather", "granddaughter"],
  gfgs: ["grandfather", "grandson"],
  gmgd: ["grandmother", "granddaughter"],
  gmgs: ["grandmother", "grandson"],
};

export const RELATIONS = Object.keys(ROLES);

/** `F0001/MID2` is `MID2` of `F0001`. */
export const familyOf = (id) => id.split("/")[0];
export const memberOf = (id) => id.split("/")[1];

/** A person as they are called within `family`. */
export function nameWithin(family, id) {
  return familyOf(id) === family ? memberOf(id) : id;
}

export function percent(probability) {
  if (probability > 0.99) return ">99%";
  if (probability < 0.01) return "<1%";
  return `${Math.round(100 * probability)}%`;
}

/** The name of a band of evidence. */
export const supportName = (band) => SUPPORT[band];

/** The strangers that are expected to look at least this much alike. */
export function chanceSentence(matches) {
  if (matches < 0.1)
    return "In a gallery of this size, fewer than 1 in 10 searches have a stranger who looks at least this similar.";
  if (matches < 1) {
    const searches = Math.max(2, Math.round(1 / matches));
    return `In a gallery of this size, about 1 in ${searches} searches has a stranger who looks at least this similar.`;
  }
  const strangers = Number(matches.toPrecision(matches < 10 ? 1 : 2));
  const look = strangers === 1 ? "looks" : "look";
  return `In a gallery of this size, about ${count(strangers, "stranger")} ${look} at least this similar.`;
}

/** The probability of kinship with its prior. */
export function probabilitySentence(probability, { expected_relatives: expected, people }) {
  const relatives = expected > 1 ? "are relatives" : "is a relative";
  return `Probability of kinship: ${percent(probability)}, if ${expected.toLocaleString("en")} of ${people.toLocaleString("en")} people searched ${relatives}.`;
}

/** How often a relative is on the shortlist. */
export function shortlistSentence(rate) {
  return `In ${tenths(rate)} searches with a relative in a gallery of this size, a relative is among the first ten.`;
}

/** How many of the ensemble's scores speak for kinship. */
export function agreementSentence({ members, typicality }) {
  if (typicality === 0) return "The scores do not count for faces that the model does not know.";
  const all = Object.values(members);
  const agreeing = all.filter((probability) => probability >= FOR_KINSHIP).length;
  if (all.length === 1) return `The only score ${agreeing ? "supports" : "does not support"} kinship.`;
  if (agreeing === all.length) return `All ${all.length} scores support kinship.`;
  if (agreeing === 0) return `None of the ${all.length} scores supports kinship.`;
  return `${agreeing} of ${all.length} scores ${agreeing === 1 ? "supports" : "support"} kinship.`;
}

/** A relation with both sides: `father and daughter`. */
export function relationName(code) {
  if (!code) return "relatives";
  const [first, second] = ROLES[code];
  return first === second ? `${first}s` : `${first} and ${second}`;
}

/** What the other one of a listed relation is to `person`. */
export function roleOf({ person_a, relation }, person) {
  if (!relation) return "relative";
  return ROLES[relation][person_a === person ? 1 : 0];
}

/** How sure the detector is of a face. */
export function clarity(quality) {
  if (quality >= 0.9) return "very clear";
  return quality >= 0.7 ? "clear" : "hard to see";
}

function tenths(share) {
  if (share < 0.1) return "fewer than one of ten";
  const number = NUMBERS[Math.round(10 * share)];
  return number ? `about ${number} of ten` : "nearly all";
}
