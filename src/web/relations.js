// Who is listed as kin in a family: the list, and changing it.

import { put, remove } from "./api.js";
import { button, element } from "./dom.js";
import { problemPanel } from "./problem.js";
import { familyOf, memberOf, nameWithin, RELATIONS, relationName } from "./words.js";

/** Lists, adds and removes the relations of `people`; `onchange` is called when they are others. */
export function relationEditor(people, relationships, { isOpen, onchange }) {
  const failure = element("div", {});
  const change = async (request) => {
    try {
      await request();
      await onchange();
    } catch (problem) {
      failure.replaceChildren(problemPanel(problem));
    }
  };
  const drop = ({ person_a, person_b }) =>
    change(() => remove(`/v1/relationships?${new URLSearchParams({ person_a, person_b })}`));
  const add = (pair) => change(() => put("/v1/relationships", { relationships: [pair] }));
  return element(
    "details",
    { open: isOpen },
    element("summary", {}, "Edit listed relationships"),
    element(
      "ul",
      { class: "relations" },
      relationships.map((pair) => line(pair, familyOf(people[0]), () => drop(pair))),
    ),
    people.length > 1 && addition(people, add),
    failure,
  );
}

function line(pair, family, drop) {
  const [first, second] = [pair.person_a, pair.person_b].map((id) => nameWithin(family, id));
  return element(
    "li",
    {},
    element("span", {}, element("strong", {}, `${first} and ${second}`), ` ${relationName(pair.relation)}`),
    button("Delete", drop, {
      class: "quiet",
      "aria-label": `Delete: ${first} and ${second}, ${relationName(pair.relation)}`,
    }),
  );
}

function addition(people, add) {
  const options = people.map((person) => [person, memberOf(person)]);
  const relations = [...RELATIONS.map((code) => [code, relationName(code)]), ["", "relatives, relation unknown"]];
  const [first, relation, second] = [
    select("first", options),
    select("relation", relations),
    select("second", options),
  ];
  second.selectedIndex = 1;
  const submit = (event) => {
    event.preventDefault();
    add({ person_a: first.value, person_b: second.value, ...(relation.value && { relation: relation.value }) });
  };
  return element(
    "form",
    { class: "addition", onsubmit: submit },
    labelled("First person (the elder)", first),
    labelled("Second person", second),
    labelled("They are", relation),
    element("button", { type: "submit" }, "Add"),
  );
}

function select(id, options) {
  return element(
    "select",
    { id: `relation-${id}` },
    options.map(([value, text]) => element("option", { value }, text)),
  );
}

function labelled(text, control) {
  return element("label", { for: control.id }, text, control);
}
