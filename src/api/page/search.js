// The search: photos in, relatives out.

import { upload } from "./api.js";
import { count, element, focus } from "./dom.js";
import { picker } from "./picker.js";
import { problemPanel } from "./problem.js";
import { follow } from "./progress.js";
import { results } from "./results.js";

const MODES = {
  relatives: { label: "Relatives", hint: "of one person", photos: "Photos of the person" },
  children: { label: "Children", hint: "of two parents", photos: "Photos of one parent" },
  parents: { label: "Parents", hint: "of one person", photos: "Photos of the child" },
};

/** The view; `info()` is what the service told of itself. */
export function searchView(info) {
  const most = info().limits.photos;
  const field = (label) => picker({ label, hint: "Choose, or drop here. Several make the answer surer.", most });
  const image = field(MODES.relatives.photos);
  const other = field("Photos of the other parent");
  const limit = element(
    "select",
    { id: "limit" },
    [10, 20, 50].map((n) => element("option", { value: n }, count(n, "person", "people"))),
  );
  const panel = element("div", {});
  const found = element("section", { class: "results", "aria-label": "Results" });
  other.node.hidden = true;
  let mode = "relatives";

  const choose = (chosen) => {
    mode = chosen;
    other.node.hidden = mode !== "children";
    image.node.querySelector("strong").textContent = MODES[mode].photos;
  };

  const submit = async (event) => {
    event?.preventDefault();
    const parts =
      mode === "children"
        ? [
            ["image", image.files()],
            ["other_parent", other.files()],
          ]
        : [["image", image.files()]];
    if (parts.some(([, files]) => !files.length)) {
      panel.replaceChildren(
        element(
          "p",
          { class: "notice", role: "alert" },
          mode === "children" ? "Please choose a photo of each parent first." : "Please choose a photo first.",
        ),
      );
      return;
    }
    send.disabled = true;
    found.replaceChildren();
    try {
      await run(parts);
    } catch (problem) {
      panel.replaceChildren(problemPanel(problem, problem.status === 422 ? undefined : submit));
    }
    send.disabled = false;
  };

  const run = async (parts) => {
    const form = new FormData();
    for (const [name, files] of parts) for (const file of files) form.append(name, file);
    if (mode === "parents") form.append("mode", "parents_of");
    form.append("limit", limit.value);
    const searched = mode;
    const words = {
      sending: `${count(parts.flatMap(([, files]) => files).length, "photo is", "photos are")} on the way`,
      working: `Looking for the face, and at ${count(info().gallery.photos, "photo")}`,
    };
    const answer = await follow(panel, words, (following) => upload("/v1/search", form, following));
    if (!answer) return;
    found.replaceChildren(await results(answer, { mode: searched, probes: probes(parts, answer.faces ?? []) }));
    focus(found.querySelector(".answers h2"));
    found.scrollIntoView();
  };

  const send = element("button", { type: "submit", class: "primary" }, "Search");
  return element(
    "div",
    { class: "search" },
    element("h1", {}, "Who are their relatives?"),
    element(
      "p",
      { class: "lead" },
      "Add a photo of a face. Kindred compares it with every photo of this archive, and shows who resembles it as relatives do.",
    ),
    element(
      "form",
      { class: "panel", onsubmit: submit },
      modes(choose),
      element("div", { class: "pickers" }, image.node, other.node),
      element(
        "div",
        { class: "buttons" },
        send,
        element("span", { class: "limit" }, element("label", { for: "limit", class: "hint" }, "Show up to"), limit),
      ),
      panel,
    ),
    privacy(),
    found,
  );
}

function modes(choose) {
  return element(
    "fieldset",
    { class: "modes" },
    element("legend", { class: "unseen" }, "Whom to search for"),
    Object.entries(MODES).map(([mode, { label, hint }]) =>
      element(
        "label",
        {},
        element("input", {
          type: "radio",
          name: "mode",
          value: mode,
          checked: mode === "relatives",
          onchange: () => choose(mode),
        }),
        element("span", {}, element("strong", {}, label), element("small", {}, hint)),
      ),
    ),
  );
}

function privacy() {
  return element(
    "p",
    { class: "hint privacy" },
    "A photo you search with goes to this server and nowhere else. It is compared, and not kept.",
  );
}

/** The sent photos, each with its name and face. */
function probes(parts, faces) {
  return parts.flatMap(([part, files]) =>
    files.map((file, index) => {
      const whose = { image: parts.length > 1 ? "One parent" : "Your photo", other_parent: "The other parent" }[part];
      return {
        file,
        part,
        name: files.length > 1 ? `${whose} ${index + 1}` : whose,
        face: faces.find((face) => face.part === part && face.index === index),
      };
    }),
  );
}
