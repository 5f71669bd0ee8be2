// The API key of services that want one: kept until the tab is closed.

import { element } from "./dom.js";
import { form } from "./dialog.js";

const NAME = "kindred-api-key";

let asking;

export function storedKey() {
  return sessionStorage.getItem(NAME);
}

export function forgetKey() {
  sessionStorage.removeItem(NAME);
}

/** Asks for the key, once for all requests that wait for it; tells whether one was given. */
export function askForKey(wasWrong) {
  asking ??= ask(wasWrong).finally(() => (asking = undefined));
  return asking;
}

async function ask(wasWrong) {
  const input = element("input", { type: "password", id: "api-key", autocomplete: "off", required: true });
  const isGiven = await form({
    title: "This archive is private",
    content: [
      element("p", {}, wasWrong ? "This key was not accepted. Is it complete?" : "Enter your API key to open the archive."),
      element("label", { for: "api-key" }, "API key"),
      input,
      element("p", { class: "hint" }, "The key is stored in this tab only, until you close the tab."),
    ],
    action: "Open",
  });
  if (isGiven) sessionStorage.setItem(NAME, input.value.trim());
  return isGiven;
}
