// Talks to the service; whatever goes wrong is thrown as a Problem.

import { askForKey, storedKey } from "./key.js";

/** An error as the service tells it (problem+json), or that it cannot be reached. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The server returned the status ${status}.`);
    this.status = status;
    this.code = body.code;
    this.requestId = body.request_id;
    this.errors = body.errors ?? [];
    this.retryAfter = Number(retryAfter) || undefined;
  }
}

/** The address of a family, person or photo below `collection`. */
export function address(collection, id, rest = "") {
  return `/v1/${collection}/${id.split("/").map(encodeURIComponent).join("/")}${rest}`;
}

export async function getJson(path) {
  return (await send("GET", path)).json();
}

export async function getBlob(path) {
  return (await send("GET", path)).blob();
}

export async function remove(path) {
  return (await send("DELETE", path)).text().then((text) => (text ? JSON.parse(text) : undefined));
}

export async function put(path, value) {
  await send("PUT", path, { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });
}

export async function post(path) {
  return (await send("POST", path)).json();
}

/**
 * Posts a form; `onsent` is told which part of it, 0 to 1, has left the browser.
 * Goes by XMLHttpRequest, because fetch does not tell.
 */
export function upload(path, form, { onsent, signal, headers = {} }) {
  return withKey(
    (key) =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", path);
        for (const [name, value] of Object.entries({ ...headers, ...key })) request.setRequestHeader(name, value);
        request.upload.onprogress = (event) => event.lengthComputable && onsent(event.loaded / event.total);
        request.upload.onload = () => onsent(1);
        request.onload = () => {
          const body = parsed(request.responseText);
          if (request.status < 400) resolve(body);
          else reject(new Problem(request.status, body, request.getResponseHeader("Retry-After")));
        };
        request.onerror = () => reject(unreachable());
        request.onabort = () => reject(signal.reason);
        signal.addEventListener("abort", () => request.abort());
        request.send(form);
      }),
  );
}

function send(method, path, { body, headers = {} } = {}) {
  return withKey(async (key) => {
    const response = await fetch(path, { method, body, headers: { ...headers, ...key } }).catch(() => {
      throw unreachable();
    });
    if (response.ok) return response;
    throw new Problem(response.status, parsed(await response.text()), response.headers.get("Retry-After"));
  });
}

/** Tries until the service takes the key, or the person gives up. */
async function withKey(attempt) {
  for (;;) {
    const key = storedKey();
    try {
      return await attempt(key ? { "X-Api-Key": key } : {});
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      // Another request may have asked for it meanwhile.
      if (key === storedKey() && !(await askForKey(Boolean(key)))) throw problem;
    }
  }
}

function unreachable() {
  return new Problem(0, { detail: "The server cannot be reached. Is it still running?" });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
