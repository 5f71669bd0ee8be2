// The probe: the photo that was searched with, and the face that was found in it.

import { element, svg } from "./dom.js";
import { image } from "./photos.js";
import { clarity } from "./words.js";

/** How much of the surroundings a cut-out face keeps, in parts of the face's size. */
const MARGIN = 0.25;
const CROP_SIDE = 240;

/** The whole photo with the face's frame and landmarks over it. */
export function probeFigure({ file, face, name }) {
  const found = face?.box ? `The face was found; it is ${clarity(face.quality)}.` : "The photo is used as it is.";
  return element(
    "figure",
    { class: "probe" },
    element("div", { class: "framed" }, image(file, name), face?.box && overlay(face)),
    element("figcaption", {}, element("strong", {}, name), " ", found),
  );
}

/** The face alone, as a blob; nothing where the browser cannot show the file. */
export async function faceCrop({ file, face }) {
  const photo = await createImageBitmap(file).catch(() => undefined);
  if (!photo) return undefined;
  const { x, y, side } = square(face?.box ?? { x: 0, y: 0, width: photo.width, height: photo.height }, photo);
  const canvas = element("canvas", { width: CROP_SIDE, height: CROP_SIDE });
  canvas.getContext("2d").drawImage(photo, x, y, side, side, 0, 0, CROP_SIDE, CROP_SIDE);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

function overlay({ width, height, box, landmarks = [] }) {
  const radius = box.width / 45;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "overlay", "aria-hidden": "true" },
    svg("rect", { ...box, rx: box.width / 14 }),
    landmarks.map(([cx, cy]) => svg("circle", { cx, cy, r: radius })),
  );
}

/** A square around `box` that lies in the photo. */
function square(box, photo) {
  const side = Math.min(Math.max(box.width, box.height) * (1 + MARGIN), photo.width, photo.height);
  const place = (start, length, most) => Math.min(Math.max(start + length / 2 - side / 2, 0), most - side);
  return { x: place(box.x, box.width, photo.width), y: place(box.y, box.height, photo.height), side };
}
