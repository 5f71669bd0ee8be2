// Forgetting a person or a family.

import { address, remove } from "./api.js";
import { confirmRemoval, showReceipt } from "./dialog.js";
import { button, element } from "./dom.js";
import { forgetPhotos } from "./photos.js";
import { problemPanel } from "./problem.js";

/** A button that asks, deletes `id`, shows the receipt, and goes on to the families. */
export function removal(collection, id, label, consequence) {
  const failure = element("div", {});
  const forget = async () => {
    if (!(await confirmRemoval(id, consequence))) return;
    try {
      await showReceipt(await remove(address(collection, id)));
      forgetPhotos();
      location.hash = "/families";
    } catch (problem) {
      failure.replaceChildren(problemPanel(problem));
    }
  };
  return element("section", { class: "removal" }, button(label, forget, { class: "danger" }), failure);
}
