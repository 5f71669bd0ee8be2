//! The files of the web page, compiled into the program. They load nothing from other servers.

/// The search page.
pub(crate) const INDEX: &str = include_str!("index.html");
/// The documentation page, which renders `/openapi.json`.
pub(crate) const DOCS: &str = include_str!("docs.html");

/// Files by their names under `/assets`.
pub(crate) const ASSETS: [(&str, &str); 28] = [
    ("api.js", include_str!("api.js")),
    ("app.js", include_str!("app.js")),
    ("card.js", include_str!("card.js")),
    ("curl.js", include_str!("curl.js")),
    ("dialog.js", include_str!("dialog.js")),
    ("docs.js", include_str!("docs.js")),
    ("dom.js", include_str!("dom.js")),
    ("enrol.js", include_str!("enrol.js")),
    ("families.js", include_str!("families.js")),
    ("generations.js", include_str!("generations.js")),
    ("icon.svg", include_str!("icon.svg")),
    ("jobs.js", include_str!("jobs.js")),
    ("key.js", include_str!("key.js")),
    ("operation.js", include_str!("operation.js")),
    ("people.js", include_str!("people.js")),
    ("photos.js", include_str!("photos.js")),
    ("picker.js", include_str!("picker.js")),
    ("probe.js", include_str!("probe.js")),
    ("problem.js", include_str!("problem.js")),
    ("progress.js", include_str!("progress.js")),
    ("relations.js", include_str!("relations.js")),
    ("removal.js", include_str!("removal.js")),
    ("results.js", include_str!("results.js")),
    ("schema.js", include_str!("schema.js")),
    ("search.js", include_str!("search.js")),
    ("style.css", include_str!("style.css")),
    ("tree.js", include_str!("tree.js")),
    ("words.js", include_str!("words.js")),
];
