// The entry: which view an address shows.

import { getJson } from "./api.js";
import { button, element, focus } from "./dom.js";
import { enrolView } from "./enrol.js";
import { familiesView, familyView } from "./families.js";
import { jobsView } from "./jobs.js";
import { forgetKey, storedKey } from "./key.js";
import { personView } from "./people.js";
import { pending } from "./problem.js";
import { searchView } from "./search.js";

const main = document.getElementById("main");
const links = [...document.querySelectorAll("header nav a")];
let info;
let search;

const ROUTES = [
  // One search view for the whole visit: who looks at a family finds the results again.
  ["", /^$/, () => (search ??= searchView(() => info))],
  ["families", /^families$/, familiesView],
  ["families", /^family\/(F\d+)$/, familyView],
  ["families", /^person\/(F\d+\/MID\d+)$/, personView],
  ["enrol", /^enrol(?:\/(F\d+))?(?:\/(MID\d+))?$/, (family, member) => enrolView(() => info, family, member)],
  ["jobs", /^jobs$/, jobsView],
];

function show() {
  const path = location.hash.replace(/^#?\/?/, "");
  const [section, view] = viewOf(path);
  main.replaceChildren(view);
  const heading = view.querySelector("h1");
  document.title = path ? `${heading.textContent} – Kindred` : "Kindred";
  for (const link of links) {
    link.removeAttribute("aria-current");
    if (link.hash === `#/${section}`) link.setAttribute("aria-current", "page");
  }
  return heading;
}

/** The part of the site and the view of an address. */
function viewOf(path) {
  for (const [section, pattern, view] of ROUTES) {
    const match = path.match(pattern);
    if (match) return [section, view(...match.slice(1))];
  }
  return [
    undefined,
    element(
      "div",
      {},
      element("h1", {}, "Page not found"),
      element("p", {}, element("a", { href: "#/" }, "Go to the search")),
    ),
  ];
}

async function refreshInfo() {
  info = await getJson("/info");
  const { name, version, model, gallery } = info;
  const about = [
    `${name} ${version}`,
    `model ${model.name ?? model.fingerprint.slice(0, 8)}`,
    `${gallery.photos.toLocaleString("en")} photos`,
  ];
  document
    .getElementById("about")
    .replaceChildren(
      about.join(" · "),
      " ",
      storedKey() ? button("Delete the key from this tab", leave, { class: "quiet" }) : "",
    );
}

function leave() {
  forgetKey();
  location.reload();
}

/** Services may have no jobs. */
async function offerJobs() {
  const link = links.find(({ hash }) => hash === "#/jobs");
  link.hidden = await getJson("/v1/jobs?limit=1").then(
    () => false,
    () => true,
  );
}

function begin() {
  show();
  window.addEventListener("hashchange", () => {
    focus(show());
    window.scrollTo(0, 0);
    refreshInfo();
  });
  offerJobs();
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
// A photo that misses its field must not replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

main.append(
  pending(async () => {
    await refreshInfo();
    begin();
    return "";
  }),
);
