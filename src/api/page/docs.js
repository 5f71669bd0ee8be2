// The documentation of the API, made of the service's OpenAPI document.

import { getJson } from "./api.js";
import { announce, button, count, element } from "./dom.js";
import { pending } from "./problem.js";
import { Schemas, line, must, prose } from "./schema.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const OTHER = "Other";
const COPIED_MS = 2000;

const main = document.getElementById("main");
const heading = element("h1", {}, "API");

let api;
let schemas;

function page(found) {
  [api, schemas] = [found, new Schemas(found)];
  const { title, version, description } = api.info;
  const groups = grouped(operations());
  heading.replaceChildren(title, " ", element("small", {}, version));
  document.title = `API – ${title}`;
  return element(
    "div",
    { class: "docs" },
    contents(groups),
    element(
      "div",
      { class: "stack" },
      element("div", { class: "lead" }, prose(description)),
      element(
        "p",
        {},
        element("a", { href: "/" }, "To the web page"),
        " · ",
        element("a", { href: "/openapi.json" }, "This in OpenAPI, for programs"),
      ),
      authentication(),
      groups.map(({ section }) => section),
    ),
  );
}

/** Every operation of the document, in its order. */
function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) => schemas.resolve(one));
      const id = slug(`${method}-${path}`);
      return { id, method, path, parameters, ...operation, requestBody: schemas.resolve(operation.requestBody) };
    }),
  );
}

/** The operations by their tag, and the section of each tag. */
function grouped(all) {
  const described = api.tags ?? [];
  const tagOf = ({ tags = [] }) => tags[0] ?? OTHER;
  const names = new Set([...described.map(({ name }) => name), ...all.map(tagOf)]);
  return [...names]
    .map((name) => ({ name, id: slug(`tag-${name}`), own: all.filter((operation) => tagOf(operation) === name) }))
    .filter(({ own }) => own.length)
    .map(({ name, id, own }) => {
      const entries = own.map((operation) => ({ ...entry(operation), words: words(name, operation) }));
      const about = prose(described.find((tag) => tag.name === name)?.description);
      const articles = entries.map(({ article }) => article);
      const section = element("section", { class: "stack" }, element("h2", { id }, name), about, articles);
      return { name, id, section, entries };
    });
}

function entry(operation) {
  const { id, method, path, summary } = operation;
  const link = element("a", { href: `#${id}`, title: summary }, badge(method), " ", address(path));
  return { item: element("li", {}, link), article: article(operation) };
}

/** What the filter looks at. */
function words(tag, { method, path, summary = "", description = "", parameters, operationId = "" }) {
  const names = parameters.map(({ name }) => name);
  return [tag, method, path, summary, description, operationId, ...names].join(" ").toLowerCase();
}

function contents(groups) {
  const found = element("p", { class: "hint" });
  const lists = groups.map(({ name, id, section, entries }) => ({
    entries,
    section,
    list: element(
      "li",
      {},
      element("a", { class: "tag", href: `#${id}` }, name),
      element("ul", {}, entries.map(({ item }) => item)),
    ),
  }));
  const filter = ({ target }) => {
    const asked = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { entries, section, list } of lists) {
      for (const { words, item, article } of entries) {
        item.hidden = article.hidden = !asked.every((word) => words.includes(word));
        shown += !item.hidden;
      }
      section.hidden = list.hidden = entries.every(({ item }) => item.hidden);
    }
    found.textContent = asked.length ? count(shown, "operation") : "";
    announce(found.textContent);
  };
  return element(
    "aside",
    { class: "contents" },
    element("label", { for: "filter" }, "Filter"),
    element("input", { type: "search", id: "filter", autocomplete: "off", placeholder: "photos, delete, cursor", oninput: filter }),
    found,
    element(
      "details",
      { open: matchMedia("(min-width: 56rem)").matches },
      element("summary", {}, "Contents"),
      element("nav", { "aria-label": "Contents" }, element("ul", {}, lists.map(({ list }) => list))),
    ),
  );
}

function authentication() {
  const schemes = Object.values(api.components?.securitySchemes ?? {}).map((scheme) => schemas.resolve(scheme));
  if (!schemes.length) return undefined;
  const intro = "Where this server wants a key, send it with each request:";
  return element(
    "section",
    { class: "stack" },
    element("h2", { id: "authentication" }, "Authentication"),
    element("p", {}, schemes.length > 1 ? intro.replace(":", ", in one of these ways:") : intro),
    schemes.map((scheme) => [prose(scheme.description), copyable(`-H "${keyHeader(scheme)}"`)]).flat(2),
  );
}

function keyHeader({ type, name }) {
  return type === "apiKey" ? `${name}: $KEY` : "Authorization: Bearer $KEY";
}

function article(operation) {
  const { id, method, path, summary, description, parameters, responses } = operation;
  const bodies = Object.entries(operation.requestBody.content ?? {});
  return element(
    "article",
    { class: "card operation", id },
    element("h3", {}, element("a", { href: `#${id}` }, badge(method), " ", address(path))),
    element("p", { class: "summary" }, line(summary ?? "")),
    prose(description),
    keyNeeded(operation),
    parameters.length > 0 && [element("h4", {}, "Parameters"), table(parameters)],
    ...bodies.map(([type, { schema }]) => [element("h4", {}, "Body, ", element("code", {}, type)), value(schema)].flat()),
    element("h4", {}, "Answers"),
    element("div", {}, Object.entries(responses ?? {}).map(([status, response]) => answer(status, schemas.resolve(response)))),
    element("h4", {}, bodies.length > 1 ? "Examples" : "Example"),
    (bodies.length ? bodies : [undefined]).map((body) => copyable(curl(operation, body))),
  );
}

function keyNeeded({ security }) {
  const asked = security ?? api.security ?? [];
  if (!api.components?.securitySchemes) return undefined;
  const scopes = [...new Set(asked.flatMap((one) => Object.values(one).flat()))];
  const one = scopes.length ? `a key with the scope ${scopes.map((scope) => `\`${scope}\``).join(", ")}` : "a key";
  return element("p", { class: "hint" }, line(keyScheme(security) ? `Needs ${one}.` : "Needs no key."));
}

/** The first way to tell the key, where one is needed. */
function keyScheme(security) {
  const [name] = (security ?? api.security ?? []).flatMap((one) => Object.keys(one));
  return name && schemas.resolve(api.components.securitySchemes[name]);
}

function table(parameters) {
  const titles = ["Name", "Where", "Type", "", "Description"];
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
    element("thead", {}, element("tr", {}, titles.map((title) => element("th", { scope: "col" }, title || unseen("Required"))))),
    element("tbody", {}, parameters.map(row)),
  );
}

/** A value's type and what is in it. */
function value(schema) {
  const inside = schemas.inside(schema);
  return inside.length && schemas.type(schema) === "object" ? inside : [element("p", {}, schemas.kind(schema)), ...inside];
}

function answer(status, { description = "", content = {}, headers = {} }) {
  const told = element("span", {}, element("strong", {}, status), " ", line(description));
  const header = ([name, one]) => {
    const { schema, description } = schemas.resolve(one);
    return element("p", {}, "Header ", element("code", {}, name), " ", schemas.kind(schema), " ", line(description ?? ""));
  };
  const inside = [
    ...Object.entries(headers).map(header),
    ...Object.entries(content).flatMap(([type, { schema }]) => [element("p", {}, element("code", {}, type)), ...(schema ? value(schema) : [])]),
  ];
  if (!inside.length) return element("p", { class: "answer" }, told);
  return element("details", { class: "answer" }, element("summary", {}, told), inside);
}

/** How to ask with curl. */
function curl({ method, path, parameters, responses = {}, security }, body) {
  const shown = ({ name, schema, example }) => String(example ?? schemas.example(schema, `$${name.toUpperCase()}`));
  const encoded = (parameter) => encodeURIComponent(shown(parameter)).replace(/^%24/, "$");
  const asked = (place) => parameters.filter((parameter) => parameter.in === place && parameter.required);
  const filled = asked("path").reduce((filled, one) => filled.replace(`{${one.name}}`, () => encoded(one)), path);
  const query = asked("query").map((one) => `${one.name}=${encoded(one)}`);
  const url = location.origin + filled + (query.length ? `?${query.join("&")}` : "");
  const scheme = keyScheme(security);
  const picture = Object.values(responses).some((one) => Object.keys(schemas.resolve(one).content ?? {})[0]?.startsWith("image/"));
  const usual = body ? "POST" : "GET";
  const name = method.toUpperCase();
  return [
    `curl ${name === usual ? "" : `-X ${name} `}"${url}"`,
    scheme && `-H "${keyHeader(scheme)}"`,
    ...asked("header").map((one) => `-H "${one.name}: ${shown(one)}"`),
    ...(body ? sent(body) : []),
    picture && "-o picture.jpg",
  ]
    .filter(Boolean)
    .join(" \\\n  ");
}

/** What curl is told of a body. */
function sent([type, { schema, example }]) {
  if (type.startsWith("multipart/")) return schemas.wanted(schema).map((name) => `-F ${name}=${part(schemas.property(schema, name))}`);
  const header = `-H "Content-Type: ${type}"`;
  if (!type.includes("json")) return [header, "--data-binary @file"];
  const text = JSON.stringify(example ?? schemas.example(schema), null, 2).replaceAll("'", "'\\''");
  return [header, `-d '${text.length < 60 ? text.replace(/\n\s*/g, " ") : text}'`];
}

function part(schema) {
  const { format } = schemas.resolve(schema.items ?? schema);
  return (format === "binary" ? "@" : "") + [schemas.example(schema)].flat()[0];
}

function copyable(text) {
  const code = element("code", {}, text);
  const copy = button("Copy", async () => {
    copy.textContent = (await isCopied(text, code)) ? "Copied" : "Selected";
    announce(copy.textContent);
    setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
  });
  return element("div", { class: "copyable" }, element("pre", {}, code), copy);
}

/** Copies a text, or at least selects it. */
async function isCopied(text, node) {
  // The clipboard is for secure contexts only, and a service in a house may be none.
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  getSelection().selectAllChildren(node);
  return document.execCommand("copy");
}

function badge(method) {
  return element("span", { class: `method ${method}` }, method.toUpperCase());
}

/** A path that breaks before its slashes. */
function address(path) {
  return element("code", {}, path.split(/(?=\/)/).flatMap((step) => [element("wbr"), step]));
}

function unseen(text) {
  return element("span", { class: "unseen" }, text);
}

function slug(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/-$/, "");
}

const load = async () => {
  const content = page(await getJson("/openapi.json"));
  // What an address with a # names is there only now.
  if (location.hash) setTimeout(() => location.replace(location.hash));
  return content;
};

main.replaceChildren(element("div", {}, heading, pending(load)));
