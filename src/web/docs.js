// The documentation of the API, made of the service's OpenAPI document.

import { Problem, getJson } from "./api.js";
import { copyable, keyHeader } from "./curl.js";
import { announce, count, element } from "./dom.js";
import { address, article, badge } from "./operation.js";
import { pending } from "./problem.js";
import { Schemas, prose } from "./schema.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const OTHER = "Other";

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
  const introduction = element(
    "div",
    { class: "stack" },
    element("div", { class: "lead" }, prose(description)),
    element(
      "p",
      {},
      element("a", { href: "/" }, "Web page"),
      " · ",
      element("a", { href: "/openapi.json" }, "OpenAPI document"),
    ),
    authentication(),
  );
  const sections = groups.map(({ section }) => section);
  return element(
    "div",
    { class: "docs" },
    contents(introduction, groups),
    element("div", { class: "stack" }, introduction, sections),
  );
}

/** Every operation of the document, in its order. */
function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) =>
        schemas.resolve(one),
      );
      const id = slug(`${method}-${path}`);
      return { ...operation, id, method, path, parameters, requestBody: schemas.resolve(operation.requestBody) };
    }),
  );
}

/** The operations by their tag, each with its section and its part of the list of contents. */
function grouped(all) {
  const described = api.tags ?? [];
  const tagOf = ({ tags = [] }) => tags[0] ?? OTHER;
  const names = new Set([...described.map(({ name }) => name), ...all.map(tagOf)]);
  return [...names]
    .map((name) => ({ name, id: slug(`tag-${name}`), own: all.filter((operation) => tagOf(operation) === name) }))
    .filter(({ own }) => own.length)
    .map(({ name, id, own }) => {
      const entries = own.map((operation) => entry(name, operation));
      const about = prose(described.find((tag) => tag.name === name)?.description);
      const articles = entries.map(({ article }) => article);
      const items = entries.map(({ item }) => item);
      return {
        entries,
        section: element("section", { class: "stack" }, element("h2", { id }, name), about, articles),
        list: element("li", {}, chapter(id, name), element("ul", {}, items)),
      };
    });
}

function entry(tag, operation) {
  const { id, method, path, summary = "", description = "", parameters } = operation;
  const link = element("a", { href: `#${id}`, title: summary }, badge(method), " ", address(path));
  const names = parameters.map(({ name }) => name);
  return {
    item: element("li", {}, link),
    article: article(schemas, operation),
    // What the filter looks at.
    words: [tag, method, path, summary, description, ...names].join(" ").toLowerCase(),
  };
}

/** The filter, and the list of contents. */
function contents(introduction, groups) {
  const found = element("p", { class: "hint" });
  const first = element("li", {}, chapter("authentication", "Authentication"));
  const lists = [first, groups.map(({ list }) => list)].flat();
  const filter = ({ target }) => {
    const asked = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    introduction.hidden = first.hidden = asked.length > 0;
    let shown = 0;
    for (const { entries, section, list } of groups) {
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
    element("input", { type: "search", id: "filter", autocomplete: "off", oninput: filter }),
    found,
    element(
      "details",
      { open: matchMedia("(min-width: 56rem)").matches },
      element("summary", {}, "Contents"),
      element("nav", { "aria-label": "Contents" }, element("ul", {}, lists)),
    ),
  );
}

function chapter(id, name) {
  return element("a", { class: "tag", href: `#${id}` }, name);
}

function authentication() {
  const schemes = Object.values(api.components?.securitySchemes ?? {}).map((scheme) => schemas.resolve(scheme));
  return element(
    "section",
    { class: "stack" },
    element("h2", { id: "authentication" }, "Authentication"),
    element("p", {}, "If this server requires a key, send it with each request in one of these ways:"),
    schemes.map((scheme) => [prose(scheme.description), copyable(`-H "${keyHeader(scheme)}"`)]).flat(2),
  );
}

function slug(text) {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

async function load() {
  try {
    const content = page(await getJson("/openapi.json"));
    // What an address with a # names is there only after this.
    if (location.hash) setTimeout(() => location.replace(location.hash));
    return content;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(undefined, { detail: "This page cannot read the API description of the server." });
  }
}

main.replaceChildren(element("div", {}, heading, pending(load)));
