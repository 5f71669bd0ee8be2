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
  same_person: { label: "Same person", hint: "other photos of one person", photos: "Photos of the person" },
};

/** The view; `info()` is what the service told of itself. */
export function searchView(info) {
  const most = info().limits.photos;
  const field = (label) =>
    picker({ label, hint: "Choose photos or drop them here. Several photos give a more certain answer.", most });
  const image = field(MODES.relatives.photos);
  const other = field("Photos of the other parent");
  const limit = element(
    "select",
    { id: "limit" },
    [10, 20, 50].map((n) => element("option", { value: n }, count(n, "person", "people"))),
  );
  const options = moreOptions();
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
    form.append("mode", mode);
    form.append("limit", limit.value);
    for (const [name, value] of options.values()) form.append(name, value);
    const searched = mode;
    const words = {
      sending: `Sending ${count(parts.flatMap(([, files]) => files).length, "photo", "photos")}`,
      working: `Finding the face and searching ${count(info().gallery.photos, "photo")}`,
    };
    const answer = await follow(panel, words, (following) => upload("/v1/search", form, following));
    if (!answer) return;
    const context = { mode: searched, probes: probes(parts, answer.faces), help: help(searched) };
    found.replaceChildren(await results(answer, context));
    focus(found.querySelector(".answers h2"));
    found.scrollIntoView();
  };

  /** What may improve the answer to a search in the mode `searched`. */
  const help = (searched) =>
    [
      {
        label: "Add more photos",
        hint: "Another age or better light helps most.",
        act: () => show(image.node.querySelector("input")),
      },
      searched === "relatives" && {
        label: "Search with two parents",
        hint: "Are you looking for the child of two people? Photos of both parents help more than photos of one.",
        act: () => {
          view.querySelector("input[value=children]").click();
          show(image.node.querySelector("input"));
        },
      },
      {
        label: "Search only among some families",
        hint: "Among fewer people, fewer strangers look similar by chance.",
        act: () => options.show("families"),
      },
      searched !== "same_person" && {
        label: "Name the person in the photo",
        hint: "An enrolled person is then left out of the relatives.",
        act: () => options.show("as"),
      },
    ].filter(Boolean);

  const send = element("button", { type: "submit", class: "primary" }, "Search");
  const view = element(
    "div",
    { class: "search" },
    element("h1", {}, "Find relatives by face"),
    element(
      "p",
      { class: "lead" },
      "Add a photo of a face. Kindred compares it with every photo in this archive and shows the most similar people.",
    ),
    element(
      "form",
      { class: "panel", onsubmit: submit },
      modes(choose),
      element("div", { class: "pickers" }, image.node, other.node),
      options.node,
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
  return view;
}

/** Fields that most searches leave as they are; `values()` are the parts of the form. */
function moreOptions() {
  const expected = element("input", {
    id: "expected",
    type: "number",
    min: 0,
    max: 1000,
    step: "any",
    value: 1,
    // An invalid field must be seen.
    oninvalid: () => (node.open = true),
  });
  const families = element("input", { id: "families", placeholder: "F0001 F0002", autocomplete: "off" });
  const known = element("input", { id: "as", placeholder: "F0001/MID2", autocomplete: "off" });
  const node = element(
    "details",
    { class: "options" },
    element("summary", {}, "More options"),
    element(
      "div",
      { class: "fields" },
      option("Person in the photo", known, "Ids under which this person is enrolled."),
      option("Search only among families", families, "Leave empty for all families."),
      option("Expected relatives", expected, "Number of relatives in the archive. Enter 0 to see the evidence only."),
    ),
  );
  const values = () => [
    ...ids(known).map((id) => ["as", id]),
    ...ids(families).map((id) => ["family_ids", id]),
    ...(expected.value ? [["expected_relatives", expected.value]] : []),
  ];
  const open = (id) => {
    node.open = true;
    show(node.querySelector(`#${id}`));
  };
  return { node, values, show: open };
}

function option(label, input, hint) {
  const id = `${input.id}-hint`;
  input.setAttribute("aria-describedby", id);
  return element(
    "div",
    {},
    element("label", { for: input.id }, label),
    input,
    element("small", { id }, hint),
  );
}

/** The ids in a field, with spaces or commas between them. */
function ids({ value }) {
  return value.split(/[\s,;]+/).filter(Boolean);
}

function show(field) {
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}

function modes(choose) {
  return element(
    "fieldset",
    { class: "modes" },
    element("legend", { class: "unseen" }, "Search mode"),
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
    "Your photo goes to this server and nowhere else. The server compares it and does not store it.",
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
