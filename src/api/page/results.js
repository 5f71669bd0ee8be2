// What a search found.

import { coupleCard, personCard, personRow } from "./card.js";
import { announce, count, element } from "./dom.js";
import { faceCrop, probeFigure } from "./probe.js";
import { percent } from "./words.js";

/** Couples to show at once; there are many that a face fits, and the first are the likeliest. */
const COUPLES_SHOWN = 3;

const WORDS = {
  relatives: { found: (n) => count(n, "likely relative"), none: "No relative found" },
  children: { found: (n) => count(n, "likely child", "likely children"), none: "No child found" },
  parents: { found: () => "Possible parents", none: "No parent found" },
};

/** The answer to a search in `mode` with `probes`. */
export async function results(answer, { mode, probes }) {
  const crops = await cropped(probes);
  const isJudged = answer.matches.some(({ kinship }) => kinship);
  const content = isJudged ? judged(answer, mode, crops) : nearest(answer, crops);
  announce(content[0].textContent);
  return element(
    "div",
    { class: "found" },
    element(
      "aside",
      { "aria-label": "The face that was found" },
      probes.map(probeFigure),
      samePerson(answer.same_person),
      element("p", { class: "hint" }, effort(answer)),
    ),
    element("div", { class: "answers" }, content),
  );
}

/** The clearest face of each person who was searched with. */
async function cropped(probes) {
  const quality = ({ face }) => face?.quality ?? 0;
  const people = ["image", "other_parent"].map((part) => probes.filter((probe) => probe.part === part));
  const clearest = people
    .filter(({ length }) => length)
    .map((photos) => photos.reduce((best, probe) => (quality(probe) > quality(best) ? probe : best)));
  return Promise.all(clearest.map(async (probe) => ({ name: probe.name, blob: await faceCrop(probe) })));
}

function judged({ matches, couples, families }, mode, crops) {
  const kin = matches.filter(({ kinship }) => kinship.kin);
  const others = matches.filter(({ kinship }) => !kinship.kin);
  const words = WORDS[mode];
  if (!kin.length) {
    return [
      heading(words.none),
      kindly(),
      disclosure(`Show who looks most alike (${others.length})`, cards(others, crops)),
    ];
  }
  return [
    heading(words.found(kin.length)),
    element(
      "p",
      { class: "note" },
      "Their faces resemble this one as those of blood relatives do. It is a hint to follow, not a proof: in a large archive somebody always looks alike by chance.",
    ),
    ...(mode === "parents" ? pairs(couples ?? []) : []),
    cards(kin, crops, true),
    others.length > 0 && disclosure(`Show others who look alike (${others.length})`, cards(others, crops)),
    byFamily(families),
    explanation(),
  ];
}

/** The answer of a model that was not trained to tell kin. */
function nearest({ matches }, crops) {
  return [
    heading(matches.length ? "Who looks most alike" : "Nobody found"),
    element("p", {}, "This model tells how alike faces are; it was not trained to say who is related."),
    cards(matches, crops),
  ];
}

function heading(text) {
  return element("h2", {}, text);
}

function kindly() {
  return element(
    "div",
    { class: "kindly" },
    element(
      "p",
      {},
      "Nobody here resembles this face the way relatives usually do. That does not mean there is nobody: their photos may not be in this archive, and many relatives do not look alike.",
    ),
    element("p", {}, "It often helps to add a second photo of the same person, at another age or in better light."),
  );
}

function cards(matches, crops, isFirstOpen = false) {
  return element(
    "ol",
    { class: "cards" },
    matches.map((match, index) => element("li", {}, personCard(match, crops, isFirstOpen && index === 0))),
  );
}

function pairs(couples) {
  const list = (some) =>
    element(
      "ol",
      { class: "cards" },
      some.map((couple) => element("li", {}, coupleCard(couple))),
    );
  const rest = couples.slice(COUPLES_SHOWN);
  return [
    couples.length
      ? list(couples.slice(0, COUPLES_SHOWN))
      : element("p", {}, "No two people were found who fit together as the parents."),
    rest.length > 0 && disclosure(`Show ${count(rest.length, "more couple")}`, list(rest)),
    element("h3", {}, "Each on their own"),
  ];
}

function samePerson(people) {
  if (!people.length) return undefined;
  return element(
    "section",
    { class: "same" },
    element("h2", {}, "Perhaps the same person"),
    element("p", { class: "hint" }, "So alike that it may be the person in your photo rather than a relative."),
    element(
      "ul",
      { class: "rows" },
      people.map((person) => element("li", {}, personRow(person))),
    ),
  );
}

function byFamily(families) {
  return element(
    "section",
    { "aria-label": "Families" },
    element("h3", {}, "By family"),
    element(
      "ul",
      { class: "chips" },
      families.map(({ family, probability, people }) =>
        element(
          "li",
          {},
          element(
            "a",
            { href: `#/family/${family}` },
            element("strong", {}, family),
            ` ${probability === undefined ? "" : percent(probability)} · ${count(people.length, "person", "people")}`,
          ),
        ),
      ),
    ),
  );
}

function explanation() {
  return disclosure(
    "What does the probability mean?",
    element(
      "div",
      {},
      element(
        "p",
        {},
        "It says how much two faces resemble each other as those of blood relatives do. Of 100 pairs with 80%, about 80 are relatives — if half of all pairs that one compares are.",
      ),
      element(
        "p",
        {},
        "In an archive far fewer than half are, so an unrelated person may well come first. Look at names, places and dates, too. Only a DNA test gives certainty.",
      ),
    ),
  );
}

function disclosure(summary, content) {
  return element("details", {}, element("summary", {}, summary), content);
}

function effort({ searched, timings_ms }) {
  const seconds = Object.values(timings_ms).reduce((sum, time) => sum + time, 0) / 1000;
  return `${count(searched.photos, "photo")} searched in ${seconds.toFixed(seconds < 1 ? 2 : 1)} s.`;
}
