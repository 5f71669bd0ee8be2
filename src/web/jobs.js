// Archives that are enrolled in the background, and how far they are.

import { getJson, post, upload } from "./api.js";
import { button, count, element } from "./dom.js";
import { picker } from "./picker.js";
import { pending, problemPanel } from "./problem.js";
import { follow } from "./progress.js";

const EVERY_MS = 1000;
const ERRORS_SHOWN = 20;

const STATES = {
  queued: "Waiting",
  running: "Running",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export function jobsView() {
  const list = element("ul", { class: "cards" });
  const none = element("p", { class: "hint" }, "There are no jobs.");
  const start = (job) => {
    none.hidden = true;
    list.prepend(watched(job));
  };
  return element(
    "div",
    {},
    element("h1", {}, "Jobs"),
    element(
      "p",
      { class: "lead" },
      "Enroll a zip archive of photos in the background. You can leave this page in the meantime.",
    ),
    archiveForm(start),
    element("h2", {}, "Job list"),
    pending(async () => {
      const { jobs } = await getJson("/v1/jobs");
      list.append(...jobs.map(watched));
      none.hidden = jobs.length > 0;
      return element("div", {}, none, list);
    }),
  );
}

function archiveForm(onstart) {
  const archive = picker({
    label: "Zip archive of photos",
    hint: "One folder per family, with one folder per person in it: F0001/MID1/photo.jpg",
    most: 1,
    accept: ".zip,application/zip",
  });
  const panel = element("div", {});
  const consent = element("input", { type: "checkbox", id: "consent", required: true });
  const submit = async (event) => {
    event.preventDefault();
    const [file] = archive.files();
    if (!file) {
      panel.replaceChildren(element("p", { class: "notice", role: "alert" }, "Please choose an archive first."));
      return;
    }
    const form = new FormData();
    form.append("archive", file);
    const words = { sending: "Sending the archive", working: "Waiting for the server" };
    // A retry after a lost answer must not start the job twice.
    const headers = { "Idempotency-Key": idempotencyKey(file) };
    try {
      const job = await follow(panel, words, (following) => upload("/v1/jobs", form, { ...following, headers }));
      if (!job) return;
      archive.clear();
      consent.checked = false;
      onstart(job);
    } catch (problem) {
      panel.replaceChildren(problemPanel(problem));
    }
  };
  return element(
    "form",
    { class: "panel", onsubmit: submit },
    archive.node,
    element(
      "label",
      { class: "consent", for: "consent" },
      consent,
      element("span", {}, "I may store the faces of these people here: they agree, or I have another right to store them."),
    ),
    element("div", { class: "buttons" }, element("button", { type: "submit", class: "primary" }, "Start")),
    panel,
  );
}

const keys = new WeakMap();

function idempotencyKey(file) {
  // randomUUID is for secure contexts only, and a service in a house may be none.
  if (!keys.has(file)) keys.set(file, crypto.getRandomValues(new Uint32Array(4)).join("-"));
  return keys.get(file);
}

/** A job's card, which is kept up to date for as long as it is seen. */
function watched(job) {
  const item = element("li", {}, jobCard(job, refresh));
  async function refresh(answer) {
    try {
      job = await (answer ?? getJson(`/v1/jobs/${encodeURIComponent(job.id)}`));
      item.replaceChildren(jobCard(job, refresh));
      follow();
    } catch (problem) {
      item.replaceChildren(problemPanel(problem, () => refresh()));
    }
  }
  function follow() {
    if (isOpen(job)) setTimeout(() => item.isConnected && refresh(), EVERY_MS);
  }
  follow();
  return item;
}

function isOpen({ state }) {
  return state === "queued" || state === "running";
}

function jobCard(job, refresh) {
  const { photos, photos_per_second, errors = [] } = job;
  const cancel = () => refresh(post(`/v1/jobs/${encodeURIComponent(job.id)}/cancel`));
  return element(
    "article",
    { class: `card job ${job.state}` },
    element(
      "div",
      { class: "head" },
      element(
        "div",
        { class: "who" },
        element("h3", {}, STATES[job.state]),
        element("p", { class: "hint" }, when(job)),
      ),
      isOpen(job) && button("Cancel", cancel),
    ),
    photos &&
      isOpen(job) &&
      element("progress", {
        max: photos.total || 1,
        value: photos.total ? photos.done : undefined,
        "aria-label": "Progress",
      }),
    photos &&
      element(
        "p",
        {},
        tally(photos),
        isOpen(job) && photos_per_second ? `, ${photos_per_second.toFixed(0)} per second` : "",
      ),
    job.detail && element("p", { class: "detail" }, job.detail),
    errors.length > 0 &&
      element(
        "details",
        {},
        element("summary", {}, `${count(photos.rejected, "photo")} not enrolled`),
        element(
          "ul",
          { class: "rejected" },
          errors
            .slice(0, ERRORS_SHOWN)
            .map(({ photo, detail }) => element("li", {}, element("code", {}, photo), ` ${detail}`)),
        ),
      ),
    element("p", { class: "hint" }, "Job ", element("code", {}, job.id)),
  );
}

function tally({ total, done, enrolled, unchanged }) {
  return `${done.toLocaleString("en")} of ${count(total, "photo")}: ${enrolled.toLocaleString("en")} enrolled, ${unchanged.toLocaleString("en")} already there`;
}

function when({ created_at, finished_at }) {
  const started = `Started ${new Date(created_at).toLocaleString()}`;
  return finished_at ? `${started}, ended ${new Date(finished_at).toLocaleTimeString()}` : started;
}
