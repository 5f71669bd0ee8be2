// Schemas of an OpenAPI document: in words, as lists of fields, and by an example.

import { element } from "./dom.js";

/** No schema that people write is deeper; one that contains itself has no end. */
const DEEPEST = 8;

const BY_FORMAT = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
  byte: "/9j/4AAQ…",
  binary: "photo.jpg",
};

/** A line of text, in which backticks mark code. */
export function line(text) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** Paragraphs of text. */
export function prose(text = "") {
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim());
  return paragraphs.map((paragraph) => element("p", {}, line(paragraph)));
}

/** The schemas of a document. */
export class Schemas {
  constructor(document) {
    this.document = document;
  }

  /** What a reference leads to, and what is said beside it; all else as it is. */
  resolve(node = {}) {
    if (!node.$ref) return node;
    const { $ref, ...beside } = node;
    const keys = $ref.split("/").slice(1);
    const place = keys.reduce((part, key) => part?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], this.document);
    return { ...this.resolve(place), ...beside };
  }

  /** A schema in words: `array of string`. */
  type(schema) {
    const names = this.#names(this.#whole(schema));
    return [...new Set(names)].join(" or ");
  }

  /** What else is asked of a value, in a line. */
  limits(schema) {
    const whole = this.#whole(schema);
    const range = (least, most, unit = "") => {
      if (least === undefined && most === undefined) return undefined;
      if (most === undefined) return least > 0 && `at least ${least}${unit}`;
      return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
    };
    const values = whole.enum ?? (whole.const !== undefined ? [whole.const] : this.#whole(whole.items).enum);
    const isTuple = whole.minItems === whole.maxItems;
    return [
      values && `${values.length > 1 ? "one of " : ""}${values.map((value) => `\`${value}\``).join(", ")}`,
      range(whole.minimum ?? whole.exclusiveMinimum, whole.maximum ?? whole.exclusiveMaximum),
      range(whole.minLength, whole.maxLength, " characters"),
      !isTuple && range(whole.minItems, whole.maxItems, " entries"),
      ![undefined, null].includes(whole.default) && `\`${JSON.stringify(whole.default)}\` by default`,
    ]
      .filter(Boolean)
      .join("; ");
  }

  description(schema) {
    return this.#whole(schema).description;
  }

  /** The fields or choices inside a schema; nothing where it has none. */
  inside(schema, depth = 0) {
    const { properties = {}, required = [], choices, prefixItems, items, additionalProperties } = this.#whole(schema);
    if (depth > DEEPEST) return [];
    const names = Object.keys(properties);
    const own = names.map((name) => this.#field(name, properties[name], required.includes(name), depth));
    return [
      names.length > 0 && element("ul", { class: "schema" }, own),
      choices &&
        element(
          "ul",
          { class: "schema choices" },
          choices.map((choice) => this.#choice(choice, depth)),
        ),
      ...[...(prefixItems ?? []), items, additionalProperties]
        .filter((part) => typeof part === "object")
        .flatMap((part) => this.inside(part, depth + 1)),
    ].filter(Boolean);
  }

  /** A small value that a schema allows; `text` stands for a string of which nothing is known. */
  example(schema, text = "string", depth = 0) {
    const whole = this.#whole(schema);
    const given = [whole.example, whole.examples?.[0], whole.const, whole.enum?.[0], whole.default];
    const found = given.find((value) => value !== undefined && value !== null);
    if (found !== undefined || depth > DEEPEST) return found;
    const part = (inner) => this.example(inner, text, depth + 1);
    const { choices, prefixItems, items, properties = {}, additionalProperties, minimum = 1, format } = whole;
    if (choices) return part(choices[0]);
    if (prefixItems) return prefixItems.map(part);
    const [type] = [whole.type].flat();
    if (type === "array") return [part(items)];
    if (type === "integer" || type === "number") return minimum;
    if (type === "boolean") return true;
    if (type === "string") return BY_FORMAT[format] ?? text;
    if (typeof additionalProperties === "object") return { name: part(additionalProperties) };
    const names = this.wanted(whole);
    return Object.fromEntries(names.map((name) => [name, part(properties[name])]));
  }

  /** The fields that an example shows: those that are required, or else the first. */
  wanted(schema) {
    const { properties = {}, required = [] } = this.#whole(schema);
    const names = Object.keys(properties);
    const asked = names.filter((name) => required.includes(name));
    return asked.length ? asked : names.slice(0, 1);
  }

  /** The schema of a field. */
  property(schema, name) {
    return this.#whole(this.#whole(schema).properties[name]);
  }

  /** A schema with what it refers to and is joined of; what it may be instead is in `choices`, but not that it may be null. */
  #whole(schema) {
    const { allOf = [], oneOf, anyOf, ...own } = this.resolve(schema);
    const of = oneOf ?? anyOf ?? [];
    const choices = of.filter((choice) => this.resolve(choice).type !== "null");
    const joined = [...allOf, ...(choices.length === 1 ? choices : [])].map((part) => this.#whole(part));
    const parts = [...joined, own];
    return {
      ...Object.assign({}, ...parts),
      properties: Object.assign({}, ...parts.map((part) => part.properties)),
      required: parts.flatMap((part) => part.required ?? []),
      ...(choices.length > 1 && { choices }),
      ...(choices.length < of.length && { nullable: true }),
    };
  }

  #names({
    type,
    choices,
    nullable,
    format,
    prefixItems,
    items,
    properties,
    additionalProperties,
    minItems,
    maxItems,
    ...rest
  }) {
    const names = (name) => {
      if (name === "array") {
        if (prefixItems) return `[${prefixItems.map((item) => this.type(item)).join(", ")}]`;
        const inner = this.type(items);
        return `array of ${minItems && minItems === maxItems ? `${minItems} × ` : ""}${/ or /.test(inner) ? `(${inner})` : inner}`;
      }
      if (name === "object" && typeof additionalProperties === "object")
        return `map of ${this.type(additionalProperties)}`;
      if (format === "binary") return "file";
      return format && name !== "null" ? `${name} (${format})` : name;
    };
    const usual = Object.keys(properties).length ? "object" : typeof (rest.const ?? rest.enum?.[0] ?? undefined);
    const own = choices ? choices.map((choice) => this.type(choice)) : [type ?? usual].flat().map(names);
    return [...own.map((name) => (name === "undefined" ? "anything" : name)), ...(nullable ? ["null"] : [])];
  }

  #field(name, schema, isRequired, depth) {
    const inside = this.inside(schema, depth + 1);
    const word = inside[0]?.classList.contains("choices") ? "Choices" : "Fields";
    return element(
      "li",
      {},
      element("p", {}, element("code", { class: "name" }, name), " ", this.kind(schema), isRequired && must()),
      prose(this.description(schema)),
      inside.length > 0 &&
        element(
          "details",
          {},
          element("summary", {}, word, element("span", { class: "unseen" }, ` of ${name}`)),
          inside,
        ),
    );
  }

  #choice(schema, depth) {
    return element(
      "li",
      {},
      element("p", {}, this.kind(schema)),
      prose(this.description(schema)),
      this.inside(schema, depth + 1),
    );
  }

  /** The type and the limits of a value. */
  kind(schema) {
    const limits = this.limits(schema);
    return element("span", { class: "kind" }, this.type(schema), limits && [", ", line(limits)].flat());
  }
}

/** Says that something must be given. */
export function must() {
  return element("span", { class: "must" }, "required");
}
