// How to ask an operation with curl.

import { announce, button, element } from "./dom.js";

const COPIED_MS = 2000;

/** How to ask with curl. */
export function curl(schemas, { method, path, parameters, responses = {}, security }, body) {
  const shown = ({ name, schema, example }) => String(example ?? schemas.example(schema, `$${name.toUpperCase()}`));
  const encoded = (parameter) => encodeURIComponent(shown(parameter)).replace(/^%24/, "$");
  const asked = (place) => parameters.filter((parameter) => parameter.in === place && parameter.required);
  const filled = asked("path").reduce((filled, one) => filled.replace(`{${one.name}}`, () => encoded(one)), path);
  const query = asked("query").map((one) => `${one.name}=${encoded(one)}`);
  const url = location.origin + filled + (query.length ? `?${query.join("&")}` : "");
  const scheme = keyScheme(schemas, security);
  const picture = Object.values(responses).some((one) =>
    Object.keys(schemas.resolve(one).content ?? {})[0]?.startsWith("image/"),
  );
  const usual = body ? "POST" : "GET";
  const name = method.toUpperCase();
  return [
    `curl ${name === usual ? "" : `-X ${name} `}"${url}"`,
    scheme && `-H "${keyHeader(scheme)}"`,
    ...asked("header").map((one) => `-H "${one.name}: ${shown(one)}"`),
    ...(body ? sent(schemas, body) : []),
    picture && "-o picture.jpg",
  ]
    .filter(Boolean)
    .join(" \\\n  ");
}

/** What curl is told of a body. */
function sent(schemas, [type, { schema, example }]) {
  if (type.startsWith("multipart/"))
    return schemas.wanted(schema).map((name) => `-F ${name}=${part(schemas, schemas.property(schema, name))}`);
  const header = `-H "Content-Type: ${type}"`;
  if (!type.includes("json")) return [header, "--data-binary @file"];
  const text = JSON.stringify(example ?? schemas.example(schema), null, 2).replaceAll("'", "'\\''");
  return [header, `-d '${text.length < 60 ? text.replace(/\n\s*/g, " ") : text}'`];
}

function part(schemas, schema) {
  const { format } = schemas.resolve(schema.items ?? schema);
  return (format === "binary" ? "@" : "") + [schemas.example(schema)].flat()[0];
}

/** A text to copy. */
export function copyable(text) {
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
  const write = navigator.clipboard?.writeText(text);
  const isWritten = await write?.then(
    () => true,
    () => false,
  );
  if (isWritten) return true;
  getSelection().selectAllChildren(node);
  return document.execCommand("copy");
}

/** The header that tells the key. */
export function keyHeader({ type, name }) {
  return type === "apiKey" ? `${name}: $KEY` : "Authorization: Bearer $KEY";
}

/** The first way to tell the key, where one is needed. */
export function keyScheme(schemas, security) {
  const api = schemas.document;
  const [name] = (security ?? api.security ?? []).flatMap((one) => Object.keys(one));
  return name && schemas.resolve(api.components.securitySchemes[name]);
}
