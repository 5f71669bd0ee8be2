// Modal dialogs: questions, and receipts of what was removed.

import { button, count, element } from "./dom.js";

/** Shows a form; tells whether it was submitted. */
export function form({ title, content, action, isDangerous = false }) {
  return new Promise((resolve) => {
    let isSubmitted = false;
    const close = () => dialog.close();
    const submit = (event) => {
      event.preventDefault();
      isSubmitted = true;
      close();
    };
    const buttons = element(
      "div",
      { class: "buttons" },
      element("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, action),
      button("Cancel", close),
    );
    const dialog = open(title, element("form", { onsubmit: submit }, content, buttons), () => resolve(isSubmitted));
  });
}

/** Asks whether `id` may be forgotten, which has to be typed. */
export function confirmRemoval(id, consequence) {
  const input = element("input", {
    id: "confirmation",
    required: true,
    pattern: id,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    title: `Type ${id}`,
  });
  return form({
    title: `Delete ${id}?`,
    content: [
      element("p", {}, consequence),
      element("label", { for: "confirmation" }, "Type ", element("code", {}, id), " to confirm"),
      input,
    ],
    action: "Delete",
    isDangerous: true,
  });
}

/** Shows what was removed; resolves when it is closed. */
export function showReceipt(receipt) {
  const rows = [
    ["Deleted", receipt.removed],
    ["Date and time", new Date(receipt.at).toLocaleString()],
    ["Photos", receipt.photos],
    ["Embeddings", receipt.embeddings],
    ["Thumbnails", receipt.thumbnails],
    ["Listed relationships", receipt.relationships],
  ];
  return new Promise((resolve) => {
    const dialog = open(
      "Deleted",
      element(
        "div",
        {},
        element(
          "p",
          {},
          `${count(receipt.photos, "photo")} deleted, with all data computed from the photos. No later search uses this data.`,
        ),
        element(
          "dl",
          { class: "facts receipt" },
          rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))),
        ),
        element(
          "div",
          { class: "buttons" },
          button("Close", () => dialog.close(), { class: "primary" }),
        ),
      ),
      resolve,
    );
  });
}

function open(title, content, onclose) {
  const heading = element("h2", { id: "dialog-title" }, title);
  const dialog = element("dialog", { "aria-labelledby": "dialog-title" }, heading, content);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onclose();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
