// Figures and codes in plain words.

const LIKELY = [
  [0.9, "Very likely relatives"],
  [0.75, "Likely relatives"],
  [0.5, "Perhaps relatives"],
  [0.25, "Probably not relatives"],
  [0, "Hardly relatives"],
];

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

const JUDGES = {
  cosine: "Overall likeness",
  contrastive: "Family likeness, learned",
  siamese: "Differences, weighed",
  inception: "Many comparisons, mixed",
  comparison: "Trait by trait",
  likelihood: "Odds by statistics",
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

/** A probability in a word. */
export function likely(probability) {
  return LIKELY.find(([least]) => probability >= least)[1];
}

/** What a probability means. */
export function meaning(probability) {
  const pairs = Math.min(99, Math.max(1, Math.round(100 * probability)));
  return `Of 100 pairs of faces this much alike, about ${pairs} are of blood relatives.`;
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

/** A member of the ensemble: what it goes by, and which picture it sees. */
export function judge(name) {
  const [kind, number] = name.split("-");
  const words = kind === "vggface" ? `Pair comparison ${number}` : (JUDGES[kind] ?? name);
  return name.endsWith("-whole") ? `${words} (whole photo)` : words;
}
