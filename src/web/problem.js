// What went wrong, in words that help.

import { announce, button, element } from "./dom.js";

const ADVICE = {
  no_face: [
    "No face was found",
    "Try a photo with one large, upright and well-lit face. Crop a group photo to one face first.",
  ],
  overloaded: ["The server is busy", "It cannot accept more requests right now. Wait a moment and try again."],
  unavailable: ["The server is not ready", "It may be starting or stopping. Wait a moment and try again."],
};

const BY_STATUS = {
  0: ["No connection", ""],
  401: ["A key is needed", "You need a valid API key to open the archive."],
  403: ["This is not allowed", ""],
  404: ["Not found", ""],
  413: ["This is too large", "Choose fewer or smaller photos."],
  422: ["This input cannot be used", ""],
  429: ["Too many requests", "This server limits the number of requests. Wait a moment and try again."],
  503: ["The server is busy", "Wait a moment and try again."],
};

/** A panel that tells of `problem`; `retry`, where there is one, is offered. */
export function problemPanel(problem, retry) {
  const [title, advice] = ADVICE[problem.code] ?? BY_STATUS[problem.status] ?? ["This did not work", ""];
  announce(`${title}. ${problem.message}`);
  return element(
    "section",
    { class: "notice problem" },
    element("h2", {}, title),
    advice && element("p", {}, advice),
    element("p", { class: "detail" }, sentence(problem.message)),
    details(problem.errors),
    problem.retryAfter > 1 && element("p", {}, `Please wait ${problem.retryAfter} seconds.`),
    retry && button("Try again", retry),
    problem.requestId && element("p", { class: "hint" }, "Request ", element("code", {}, problem.requestId)),
  );
}

/** A panel that waits for `load` to give its content, and tells where it fails. */
export function pending(load) {
  const panel = element("div", {}, element("p", { class: "waiting" }, "Loading…"));
  const attempt = () =>
    load()
      .then((content) => panel.replaceChildren(content))
      .catch((problem) => panel.replaceChildren(problemPanel(problem, attempt)));
  attempt();
  return panel;
}

function details(errors) {
  if (!errors.length) return undefined;
  const line = ({ part, index, detail }) =>
    element("li", {}, part ? `Photo ${index + 1} (${part}): ${detail}` : detail);
  return element("ul", {}, errors.map(line));
}

function sentence(text) {
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(full) ? full : `${full}.`;
}
