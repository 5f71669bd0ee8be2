// One operation of the API.

import { copyable, curl, keyScheme } from "./curl.js";
import { element } from "./dom.js";
import { line, must, prose } from "./schema.js";

/** An operation: how to ask it, and what it answers. */
export function article(schemas, operation) {
  const { id, method, path, summary, description, parameters, responses } = operation;
  const bodies = Object.entries(operation.requestBody.content ?? {});
  return element(
    "article",
    { class: "card operation", id },
    element("h3", {}, element("a", { href: `#${id}` }, badge(method), " ", address(path))),
    element("p", { class: "summary" }, line(summary ?? "")),
    prose(description),
    keyNeeded(schemas, operation),
    parameters.length > 0 && [element("h4", {}, "Parameters"), table(schemas, parameters)],
    ...bodies.map(([type, { schema }]) =>
      [element("h4", {}, "Body, ", element("code", {}, type)), value(schemas, schema)].flat(),
    ),
    element("h4", {}, "Responses"),
    element(
      "div",
      {},
      Object.entries(responses ?? {}).map(([status, response]) => answer(schemas, status, schemas.resolve(response))),
    ),
    element("h4", {}, bodies.length > 1 ? "Examples" : "Example"),
    (bodies.length ? bodies : [undefined]).map((body) => copyable(curl(schemas, operation, body))),
  );
}

function keyNeeded(schemas, { security }) {
  const api = schemas.document;
  const asked = security ?? api.security ?? [];
  if (!api.components?.securitySchemes) return undefined;
  const scopes = [...new Set(asked.flatMap((one) => Object.values(one).flat()))];
  const key = scopes.length ? `a key with the scope ${scopes.map((scope) => `\`${scope}\``).join(", ")}` : "a key";
  const isOptional = asked.some((one) => !Object.keys(one).length);
  const needed = isOptional ? `Needs ${key} if this server has keys.` : `Needs ${key}.`;
  return element("p", { class: "hint" }, line(keyScheme(schemas, security) ? needed : "Needs no key."));
}

function table(schemas, parameters) {
  const titles = ["Name", "Location", "Type", "", "Description"];
  const row = ({ name, in: place, schema, required, description }) =>
    element(
      "tr",
      {},
      element("td", {}, element("code", { class: "name" }, name)),
      element("td", {}, place),
      element("td", {}, schemas.kind(schema)),
      element("td", {}, required ? must() : element("span", { class: "hint" }, "optional")),
      element("td", {}, prose(description ?? schemas.description(schema))),
    );
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        titles.map((title) => element("th", { scope: "col" }, title || unseen("Required"))),
      ),
    ),
    element("tbody", {}, parameters.map(row)),
  );
}

/** A value's type and what is in it. */
function value(schemas, schema) {
  const inside = schemas.inside(schema);
  return inside.length && schemas.type(schema) === "object"
    ? inside
    : [element("p", {}, schemas.kind(schema)), ...inside];
}

function answer(schemas, status, { description = "", content = {}, headers = {} }) {
  const told = element("span", {}, element("strong", {}, status), " ", line(description));
  const header = ([name, one]) => {
    const { schema, description } = schemas.resolve(one);
    return element(
      "p",
      {},
      "Header ",
      element("code", {}, name),
      " ",
      schemas.kind(schema),
      " ",
      line(description ?? ""),
    );
  };
  const inside = [
    ...Object.entries(headers).map(header),
    ...Object.entries(content).flatMap(([type, { schema }]) => [
      element("p", {}, element("code", {}, type)),
      ...(schema ? value(schemas, schema) : []),
    ]),
  ];
  if (!inside.length) return element("p", { class: "answer" }, told);
  return element("details", { class: "answer" }, element("summary", {}, told), inside);
}

export function badge(method) {
  return element("span", { class: `method ${method}` }, method.toUpperCase());
}

/** A path that breaks before its slashes. */
export function address(path) {
  return element(
    "code",
    {},
    path.split(/(?=\/)/).flatMap((step) => [element("wbr"), step]),
  );
}

function unseen(text) {
  return element("span", { class: "unseen" }, text);
}
