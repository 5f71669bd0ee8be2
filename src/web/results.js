// What a search found.

import { coupleCard, personCard, personRow } from "./card.js";
import { announce, button, count, element } from "./dom.js";
import { faceCrop, probeFigure, tintOf } from "./probe.js";
import { shortlistSentence } from "./words.js";

/** Couples to show at once; the first have the most evidence. */
const COUPLES_SHOWN = 3;

const WORDS = {
  relatives: { one: "relative", many: "relatives", none: "No relative found" },
  children: { one: "child", many: "children", none: "No child found" },
  parents: { one: "parent", many: "parents", none: "No parent found" },
};

/** The answer to a search in `mode` with `probes`; `help` are the ways to a better answer. */
export async function results(answer, { mode, probes, help }) {
  const { searched, typicality, known_as } = answer;
  const context = { mode, help, searched, typicality, known_as, probes, crops: await cropped(probes) };
  const [title, ...content] = findings(answer, context);
  announce(title);
  return element(
    "div",
    { class: "found" },
    element(
      "aside",
      { "aria-label": "Your photos" },
      probes.map(probeFigure),
      mode !== "same_person" && samePerson(answer.same_person),
      element("p", { class: "hint" }, effort(answer)),
    ),
    element("div", { class: "answers" }, element("h2", {}, title), answer.notes.map(notice), content),
  );
}

/** The clearest face of each person who was searched with. */
async function cropped(probes) {
  const quality = ({ face }) => face?.quality ?? 0;
  const people = ["image", "other_parent"].map((part) => probes.filter((probe) => probe.part === part));
  const clearest = people
    .filter(({ length }) => length)
    .map((photos) => photos.reduce((best, probe) => (quality(probe) > quality(best) ? probe : best)));
  return Promise.all(clearest.map(crop));
}

async function crop(probe) {
  const blob = await faceCrop(probe);
  return { name: probe.name, blob, tint: blob && (await tintOf(blob)) };
}

/** The heading's text, and what stands below it. */
function findings(answer, context) {
  if (context.mode === "same_person") return samePhotos(answer, context);
  const { matches } = answer;
  if (matches.length && !matches.some(({ kinship }) => kinship))
    return ["Most similar people", cards(matches, context)];
  const kin = matches.filter(({ kinship }) => kinship.is_kin);
  const others = matches.filter(({ kinship }) => !kinship.is_kin);
  return kin.length ? standouts(kin, others, answer, context) : shortlist(others, answer, context);
}

function standouts(kin, others, { couples, families }, context) {
  const { one, many } = WORDS[context.mode];
  return [
    count(kin.length, `person stands out as a possible ${one}`, `people stand out as possible ${many}`),
    element("p", { class: "note" }, "This is a hint to follow, not a proof. ", falsePositives(context.searched)),
    pairs(couples),
    couples.length > 0 && element("h3", {}, "Each person alone"),
    cards(kin, context, true),
    others.length > 0 &&
      disclosure(
        `Most similar, but not more than strangers by chance (${others.length})`,
        element("div", { class: "stack" }, alikeNote(context.searched), cards(others, context)),
      ),
    byFamily(families),
    ways(context.help),
    explanation(),
  ].flat();
}

function shortlist(others, { couples, families }, context) {
  return [
    WORDS[context.mode].none,
    element("div", { class: "kindly" }, verdict(context), ways(context.help)),
    pairs(couples),
    others.length > 0 && [
      element("h3", {}, "Most similar people"),
      alikeNote(context.searched),
      cards(others, context, true),
      byFamily(families),
      explanation(),
    ],
  ].flat();
}

/** Why nobody is found. */
function verdict({ probes, searched }) {
  if (!searched.people) return element("p", {}, "No one was searched. Your options exclude all people of this archive.");
  const photos = probes.length > 1 ? "so few photos" : "one photo";
  return [
    // Without a false positive rate nothing is known of chance.
    searched.max_false_positive_rate !== undefined &&
      element("p", {}, "No one here looks more similar than strangers do by chance."),
    element(
      "p",
      {},
      `It is seldom possible to single out one among ${count(searched.people, "person", "people")} with ${photos}. `,
      "A relative may still be here. Many relatives do not look similar.",
    ),
  ];
}

/** The answer to a search for the person alone. */
function samePhotos({ same_person }, context) {
  const [known, likely] = byKnowledge(same_person);
  if (!same_person.length)
    return ["No other photo of this person found", element("div", { class: "kindly" }, ways(context.help))];
  const group = (title, people) =>
    people.length > 0 && [element("h3", {}, title), cards(people.map(withoutKinship), context)];
  return [
    known.length
      ? "This person is enrolled"
      : count(likely.length, "person may be the one in the photo", "people may be the one in the photo"),
    group("The same person", known),
    group("Possibly the same person", likely),
  ].flat();
}

/** People who are known to be the probe's person, and others. */
function byKnowledge(people) {
  return [people.filter(({ kinship }) => !kinship), people.filter(({ kinship }) => kinship)];
}

function withoutKinship({ kinship, ...person }) {
  return person;
}

function notice({ text }) {
  return element("p", { class: "notice" }, text);
}

/** What a list of similar people is worth. */
function alikeNote({ shortlist_rate: rate }) {
  const text = "None of these people stands out as a relative. ";
  return element("p", { class: "note" }, text, rate !== undefined && shortlistSentence(rate));
}

function falsePositives({ max_false_positive_rate: rate }) {
  if (rate === undefined) return undefined;
  const share = rate.toLocaleString("en", { style: "percent", maximumFractionDigits: 1 });
  return `If no relative is enrolled, at most ${share} of searches mark a person.`;
}

function cards(matches, context, isFirstOpen = false) {
  return element(
    "ol",
    { class: "cards" },
    matches.map((match, index) => element("li", {}, personCard(match, context, isFirstOpen && index === 0))),
  );
}

/** The couples of a search for parents. */
function pairs(couples) {
  if (!couples.length) return [];
  const list = (some) =>
    element(
      "ol",
      { class: "cards" },
      some.map((couple) => element("li", {}, coupleCard(couple))),
    );
  const rest = couples.slice(COUPLES_SHOWN);
  return [
    element("h3", {}, "Two people together"),
    list(couples.slice(0, COUPLES_SHOWN)),
    rest.length > 0 && disclosure(`Show ${count(rest.length, "more pair")}`, list(rest)),
  ];
}

/** The probe's own person, beside a search for others. */
function samePerson(people) {
  const [known, likely] = byKnowledge(people);
  const group = (title, hint, group) =>
    group.length > 0 &&
    element(
      "section",
      { class: "same" },
      element("h2", {}, title),
      element("p", { class: "hint" }, hint),
      element(
        "ul",
        { class: "rows" },
        group.map((person) => element("li", {}, personRow(person))),
      ),
    );
  return [
    group("The same person", "Known to be the person in your photo. Left out of the search for relatives.", known),
    group("Possibly the same person", "So similar that this may be the person in your photo, not a relative.", likely),
  ];
}

function byFamily(families) {
  return element(
    "section",
    { "aria-label": "Families" },
    element("h3", {}, "By family"),
    element(
      "ul",
      { class: "chips" },
      families.map(({ family, cosine, people }) =>
        element(
          "li",
          {},
          element(
            "a",
            { href: `#/family/${family}` },
            element("strong", {}, family),
            ` similarity ${cosine.toFixed(2)} · ${count(people.length, "person", "people")}`,
          ),
        ),
      ),
    ),
  );
}

/** What helps, as buttons that begin it. */
function ways(help) {
  return element(
    "section",
    { class: "ways" },
    element("h3", {}, "What helps"),
    element(
      "ul",
      {},
      help.map(({ label, hint, act }) => element("li", {}, button(label, act), element("span", { class: "hint" }, hint))),
    ),
  );
}

function explanation() {
  const sentences = [
    "The support compares two cases: the two people are relatives, or they are strangers. Faces alone give moderate support at most.",
    "A larger gallery has more strangers who look similar by chance. An unrelated person may come first.",
    "The percentage is valid for the stated share of relatives only. Also compare names, places and dates. Only a DNA test gives certainty.",
  ];
  return disclosure(
    "How to read the evidence",
    element(
      "div",
      {},
      sentences.map((text) => element("p", {}, text)),
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
