// Photos of the gallery, fetched when they come into view: an <img> alone could not send the API key.

import { address, getBlob, getJson } from "./api.js";
import { element, svg } from "./dom.js";

const KEPT = 400;

const blobs = new Map();
const people = new Map();
const loaders = new WeakMap();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      loaders
        .get(target)()
        .then(
          (blob) => target.append(image(blob)),
          () => target.classList.add("none"),
        );
    }
  },
  { rootMargin: "200px" },
);

/** A photo by its id; a silhouette where the gallery keeps none. `onload` gets the photo when it is there. */
export function thumbnail(id, name, onload = () => {}) {
  const load = async () => {
    const blob = await photo(id);
    onload(blob);
    return blob;
  };
  return lazy(load, name);
}

/** The first photo of a person. */
export function portrait(person, name) {
  const details = () => cached(people, person, () => getJson(address("people", person)));
  return lazy(async () => photo((await details()).photos[0]), name);
}

/** Has nothing in memory of photos that may be gone now, or that were none yet. */
export function forgetPhotos() {
  blobs.clear();
  people.clear();
}

/** An image of a blob. */
export function image(blob, alt = "") {
  const url = URL.createObjectURL(blob);
  const release = () => URL.revokeObjectURL(url);
  return element("img", { src: url, alt, onload: release, onerror: release });
}

/** A person without a photo. */
export function silhouette() {
  return svg(
    "svg",
    { viewBox: "0 0 48 48", class: "silhouette", "aria-hidden": "true" },
    svg("circle", { cx: 24, cy: 19, r: 8.5 }),
    svg("path", { d: "M6 48c1-11 8-17 18-17s17 6 18 17z" }),
  );
}

function photo(id) {
  return cached(blobs, id, () => getBlob(address("photos", id, "/image")));
}

function lazy(load, name) {
  const frame = element("span", { class: "thumb", role: "img", "aria-label": name }, silhouette());
  loaders.set(frame, load);
  observer.observe(frame);
  return frame;
}

function cached(cache, key, load) {
  if (!cache.has(key)) {
    if (cache.size >= KEPT) cache.delete(cache.keys().next().value);
    cache.set(key, load());
    cache.get(key).catch(() => cache.delete(key));
  }
  return cache.get(key);
}
