// Enrolling photos of a person.

import { address, getJson, upload } from "./api.js";
import { button, count, element, focus } from "./dom.js";
import { picker } from "./picker.js";
import { forgetPhotos } from "./photos.js";
import { problemPanel } from "./problem.js";
import { follow } from "./progress.js";

/** The view; `family` and `member` fill the form where they are known. */
export function enrolView(info, family = "", member = "") {
  const familyField = field("family", family, "F[0-9]{4,}", "F and at least four digits, for example F0001");
  const memberField = field("member", member, "MID[0-9]+", "MID and a number, for example MID1");
  const consent = element("input", { type: "checkbox", id: "consent", required: true });
  const photos = picker({
    label: "Photos of this person",
    hint: "One face in each photo, as large as possible.",
    most: info().limits.photos,
  });
  const known = element("p", { class: "hint", "aria-live": "polite" });
  const panel = element("div", {});
  const look = async () => (known.textContent = await whoIs(familyField, memberField));
  familyField.addEventListener("change", look);
  memberField.addEventListener("change", look);
  if (family) look();

  const submit = async (event) => {
    event.preventDefault();
    if (!photos.files().length) {
      panel.replaceChildren(element("p", { class: "notice", role: "alert" }, "Please choose a photo first."));
      return;
    }
    const person = `${familyField.value}/${memberField.value}`;
    const form = new FormData();
    for (const file of photos.files()) form.append("image", file);
    const words = { sending: "Sending the photos", working: "Finding the face in each photo" };
    send.disabled = true;
    try {
      const answer = await follow(panel, words, (following) =>
        upload(address("people", person, "/photos"), form, following),
      );
      if (answer) enrolled(person, answer.photos);
    } catch (problem) {
      panel.replaceChildren(problemPanel(problem));
    }
    send.disabled = false;
  };

  const enrolled = (person, ids) => {
    forgetPhotos();
    photos.clear();
    consent.checked = false;
    panel.replaceChildren(success(person, ids));
    focus(panel.querySelector("h2"));
  };

  const send = element("button", { type: "submit", class: "primary" }, "Enroll");
  return element(
    "div",
    {},
    element("h1", {}, "Enroll a person"),
    element("p", { class: "lead" }, "Add photos of a person to the archive. Later searches include this person."),
    element(
      "form",
      { class: "panel", onsubmit: submit },
      element("div", { class: "fields" }, labelled("Family", familyField), labelled("Person", memberField)),
      known,
      photos.node,
      element(
        "label",
        { class: "consent", for: "consent" },
        consent,
        element(
          "span",
          {},
          "I may store this person’s face here: the person agrees, or I have another right to store it. A face is sensitive data. You can delete an enrolled person at any time.",
        ),
      ),
      element("div", { class: "buttons" }, send),
      panel,
    ),
  );
}

function field(name, value, pattern, title) {
  return element("input", {
    id: name,
    value,
    pattern,
    title,
    required: true,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
  });
}

function labelled(text, input) {
  const hint = element("small", { id: `${input.id}-hint` }, input.title);
  input.setAttribute("aria-describedby", hint.id);
  return element("label", { for: input.id }, text, input, hint);
}

/** Whether the person is enrolled already, and which number is free, so that nobody is mixed up. */
async function whoIs(family, member) {
  if (!family.checkValidity() || !family.value) return "";
  const people = await getJson(address("families", family.value)).then(
    (found) => found.people,
    () => [],
  );
  if (!people.length) return `${family.value} is a new family.`;
  const known = people.find(({ person }) => person === `${family.value}/${member.value}`);
  if (known) return `${member.value} already has ${count(known.photos, "photo")}. The new photos are added.`;
  const numbers = people.map(({ person }) => Number(person.split("/MID")[1]));
  return `${family.value} has ${count(people.length, "person", "people")}. MID${Math.max(...numbers) + 1} is free.`;
}

function success(person, ids) {
  return element(
    "section",
    { class: "notice" },
    element("h2", {}, `${person} is enrolled`),
    element("p", {}, `${count(ids.length, "photo")} added to the archive.`),
    element(
      "div",
      { class: "buttons" },
      element("a", { class: "button", href: `#/person/${person}` }, "Show this person"),
      element("a", { class: "button", href: "#/" }, "Search for relatives"),
    ),
  );
}
