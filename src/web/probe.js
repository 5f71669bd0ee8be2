// The probe: the photo that was searched with, the face that was found in it, and the tint it shares with others.

import { element, svg } from "./dom.js";
import { image } from "./photos.js";
import { clarity } from "./words.js";

const CROP_SIDE = 240;
/** Where an upright crop has the eyes, in parts of its side. */
const EYES = { distance: 0.32, height: 0.42 };

/** The middle of a picture that its tint is measured in, and its margin, in pixels of a reduced picture. */
const TINT = { side: 24, margin: 4 };
/** The mean chroma below which a picture is grey, of 255. */
const MAX_GREY_CHROMA = 8;
/** The spread of hues below which a picture has one tint. Half of all colour photos have twice as much. */
const MAX_TINT_SPREAD = 0.035;
/** The least cosine of two hues that are one tint. */
const MIN_HUE_COSINE = 0.97;

/** The whole photo with the face's frame and landmarks over it. */
export function probeFigure({ file, face, name }) {
  const found = face?.box ? `The face was found. It is ${clarity(face.quality)}.` : "The photo is used as it is.";
  return element(
    "figure",
    { class: "probe" },
    element("div", { class: "framed" }, image(file, name), face?.box && overlay(face)),
    element("figcaption", {}, element("strong", {}, name), " ", found),
  );
}

/** The face alone with level eyes, as a blob; nothing where the browser cannot show the file. */
export async function faceCrop({ file, face }) {
  const photo = await createImageBitmap(file).catch(() => undefined);
  if (!photo) return undefined;
  const canvas = element("canvas", { width: CROP_SIDE, height: CROP_SIDE });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.setTransform(face?.landmarks ? upright(face.landmarks) : centred(photo));
  context.drawImage(photo, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

/** The tint of a picture: none if it has many hues. */
export async function tintOf(blob) {
  const chroma = chromaOf(await createImageBitmap(blob));
  const strength = mean(chroma.map((color) => Math.hypot(...color)));
  if (strength < MAX_GREY_CHROMA) return { isGrey: true };
  const average = [0, 1].map((axis) => mean(chroma.map((color) => color[axis])));
  const hue = average.map((value) => value / Math.hypot(...average));
  const spread = mean(chroma.map(([x, y]) => Math.abs(hue[0] * y - hue[1] * x))) / strength;
  return spread < MAX_TINT_SPREAD ? { isGrey: false, hue } : undefined;
}

/** Whether two pictures have the same tint. */
export function isSameTint(one, other) {
  if (!one || !other || one.isGrey !== other.isGrey) return false;
  return one.isGrey || one.hue[0] * other.hue[0] + one.hue[1] * other.hue[1] > MIN_HUE_COSINE;
}

/** Per pixel red against green, and both against blue. */
function chromaOf(picture) {
  const { side, margin } = TINT;
  const context = element("canvas", { width: side, height: side }).getContext("2d");
  context.drawImage(picture, -margin, -margin, side + 2 * margin, side + 2 * margin);
  const { data } = context.getImageData(0, 0, side, side);
  return Array.from({ length: side * side }, (_, pixel) => {
    const [red, green, blue] = data.subarray(4 * pixel);
    return [red - green, (red + green) / 2 - blue];
  });
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
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

/** The transform that brings both eyes to their place in the crop. */
function upright([[leftX, leftY], [rightX, rightY]]) {
  const [x, y] = [rightX - leftX, rightY - leftY];
  const scale = (EYES.distance * CROP_SIDE) / (x * x + y * y);
  const [a, b] = [scale * x, -scale * y];
  const [middleX, middleY] = [(leftX + rightX) / 2, (leftY + rightY) / 2];
  const e = CROP_SIDE / 2 - (a * middleX - b * middleY);
  const f = CROP_SIDE * EYES.height - (b * middleX + a * middleY);
  return { a, b, c: -b, d: a, e, f };
}

/** The transform that fills the crop with the middle of a photo. */
function centred({ width, height }) {
  const a = CROP_SIDE / Math.min(width, height);
  return { a, b: 0, c: 0, d: a, e: (CROP_SIDE - a * width) / 2, f: (CROP_SIDE - a * height) / 2 };
}
