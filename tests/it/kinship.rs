//! Train, compare, search and evaluate, as a user does.

use std::fs;
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};

use crate::support::program::{Run, ingest, path, run};
use crate::support::{Random, bundle, families};

/// Families of two.
const FAMILIES: u64 = 64;
/// The same, of each of two sources.
const SOURCE_FAMILIES: u64 = 24;
const PROBE: &str = "F0001/MID1/P10_face0.png";

/// Writes two photos of each of two people of `families` families, and the csv that lists the two as kin. `photo` draws a
/// photo of a family, its member and the number of the photo.
fn write_kin(
    (photos, csv): (&Path, &Path),
    families: u64,
    photo: impl Fn(u64, u64, u64) -> RgbImage,
) {
    let mut kin = String::new();
    for family in 1..=families {
        for member in 1..=2 {
            let person = photos.join(format!("F{family:04}/MID{member}"));
            fs::create_dir_all(&person).unwrap();
            for number in 0..2 {
                let photo = families::encoded(&photo(family, member, number), ImageFormat::Png);
                fs::write(person.join(format!("P{member}{number}_face0.png")), photo).unwrap();
            }
        }
        kin += &format!("F{family:04}/MID1,F{family:04}/MID2,fs\n");
    }
    fs::write(csv, kin).unwrap();
}

/// A folder of synthetic families, their list of kin, the tiny network's weights, and a trained bundle.
pub struct Trained {
    folder: tempfile::TempDir,
    report: String,
}

impl Trained {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trained = Self { folder, report: String::new() };
        let files = [trained.path("photos"), trained.path("kin.csv")];
        write_kin((&files[0], &files[1]), FAMILIES, families::family_photo);
        bundle::write(&trained.path("tiny"), 1);
        let run = trained.train(&["--members", "vggface-1,likelihood,contrastive"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        Self { report: run.stdout, ..trained }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Enrols all photos in the gallery `gallery`.
    pub fn ingest(&self) {
        let [photos, gallery, bundle] = ["photos", "gallery", "bundle"].map(|name| self.path(name));
        let done = ingest(&photos, &gallery, &bundle);
        assert_eq!(done.code, 0, "{}", done.stderr);
    }

    /// Takes the open-set model from the bundle, as in bundles from before there was one.
    pub fn without_open_set_model(&self) {
        let manifest = self.path("bundle/manifest.toml");
        let mut bundle: toml::Table = fs::read_to_string(&manifest).unwrap().parse().unwrap();
        let ensemble = bundle["kinship"]["ensemble"].as_table_mut().unwrap();
        assert!(ensemble.remove("open_set").is_some());
        fs::write(&manifest, bundle.to_string()).unwrap();
    }

    /// `kindred search` with the first photo of the first person.
    pub fn search(&self, options: &[&str]) -> Run {
        let (probe, gallery) = (self.path("photos").join(PROBE), self.path("gallery"));
        run(&[&["search", path(&probe), "--gallery", path(&gallery)], options].concat())
    }

    fn train(&self, options: &[&str]) -> Run {
        let (photos, kin, out) = (self.path("photos"), self.path("kin.csv"), self.path("bundle"));
        let backbone = format!("vgg16={}", path(&self.path("tiny/tiny.safetensors")));
        let arguments = [
            "train",
            "--photos",
            path(&photos),
            "--relationships",
            path(&kin),
            "--backbone",
            &backbone,
            "--out",
            path(&out),
            "--folds",
            "2",
        ];
        run(&[&arguments[..], options].concat())
    }
}

#[test]
fn a_trained_bundle_judges_compares_searches_and_is_evaluated() {
    let trained = Trained::new();
    assert!(trained.report.contains("its families left out, fold by fold"), "{}", trained.report);
    let (photos, bundle) = (trained.path("photos"), trained.path("bundle"));
    let work = trained.path("bundle.training");
    let report: Value =
        serde_json::from_slice(&fs::read(work.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["sources"][0]["families"], FAMILIES);
    assert_eq!(report["verdict"]["objections"], json!([]));
    let page = fs::read_to_string(work.join("report.html")).unwrap();
    assert!(page.matches("<svg").count() == 5 && page.contains("data:image/png;base64,"));
    assert!(!page.contains("src=\"http") && !page.contains("href="), "nothing is fetched");
    let mut files: Vec<_> = fs::read_dir(&bundle)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = ["kinship.safetensors", "manifest.toml", "vgg16.safetensors"];
    assert_eq!(files, expected, "a bundle can be given away: it has no photo in it");
    let inspected = run(&["models", "inspect", path(&bundle)]).stdout;
    assert!(inspected.contains("measured      photos (families left out): AUC 0."), "{inspected}");

    // The same in both orders, and of a member's own photos.
    let photo = |family: u64, member: u64, number: u64| {
        photos.join(format!("F{family:04}/MID{member}/P{member}{number}_face0.png"))
    };
    let compare = |a: &PathBuf, b: &PathBuf| {
        let run = run(&["compare", path(a), path(b), "--model", path(&bundle), "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    let (kin, turned) =
        (compare(&photo(1, 1, 0), &photo(1, 2, 0)), compare(&photo(1, 2, 0), &photo(1, 1, 0)));
    assert_eq!(kin, turned);
    let probability = kin["kinship"]["probability"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&probability));
    let table =
        run(&["compare", path(&photo(1, 1, 0)), path(&photo(2, 1, 0)), "--model", path(&bundle)]);
    assert!(table.stdout.contains("kinship") && table.stdout.contains('%'), "{}", table.stdout);

    trained.ingest();
    let search = |options: &[&str]| {
        let run = trained.search(&[&["--format", "json"], options].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    let answer = search(&[]);
    let likely: Vec<f64> = answer["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["kinship"]["probability"].as_f64().unwrap())
        .collect();
    assert!(likely.len() == 10 && likely.is_sorted_by(|a, b| a >= b), "{likely:?}");
    let least = likely[4];
    let fewer = search(&["--min-probability", &least.to_string()]);
    let expected = likely.iter().filter(|&&likely| likely >= least).count();
    assert_eq!(fewer["matches"].as_array().unwrap().len(), expected);
    let other = photo(1, 2, 0);
    let children = search(&["--other-parent", path(&other)]);
    assert_ne!(answer["matches"], children["matches"]);
    let couples = search(&["--mode", "parents", "--candidates", "256"]);
    let likeliest = couples["couples"][0]["people"].as_array().expect("two of a family");
    assert_ne!(likeliest[0], likeliest[1]);

    let evaluated = run(&[
        "evaluate",
        "verification",
        "--photos",
        path(&photos),
        "--relationships",
        path(&trained.path("kin.csv")),
        "--model",
        path(&bundle),
        "--report",
        path(&trained.path("figures.json")),
    ]);
    assert_eq!(evaluated.code, 0, "{}", evaluated.stderr);
    let figures = fs::read(trained.path("figures.json")).unwrap();
    let figures: Value = serde_json::from_slice(&figures).unwrap();
    assert_eq!((&figures["kin"], &figures["others"]), (&256.into(), &256.into()));
    for judged in [&figures["ensemble"], &figures["cosine"]["vgg16"]] {
        let auc = &judged["roc_auc"];
        let [low, value, high] = [&auc["interval"]["low"], &auc["value"], &auc["interval"]["high"]]
            .map(|figure| figure.as_f64().unwrap());
        assert!(
            low <= value && value <= high && low > 0.5,
            "{} {}",
            trained.report,
            evaluated.stdout
        );
    }
    assert_eq!(figures["relations"][0]["relation"], "fs");
}

#[test]
fn a_probability_that_nobody_reaches_leaves_nobody() {
    let trained = Trained::new();
    trained.ingest();
    let answer = trained.search(&["--min-probability", "0.999"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let expected = "No person reaches a probability of";
    assert!(answer.stdout.contains(expected), "{}", answer.stdout);
    let answer = trained.search(&["--min-probability", "0.999", "--format", "json"]).stdout;
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["matches"], json!([]));
}

#[test]
fn a_bundle_without_open_set_model_searches_and_the_answer_has_a_note() {
    let trained = Trained::new();
    trained.ingest();
    let codes = || -> Vec<Value> {
        let run = trained.search(&["--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(answer["matches"].as_array().unwrap().len(), 10);
        answer["notes"].as_array().unwrap().iter().map(|note| note["code"].clone()).collect()
    };
    assert!(!codes().contains(&json!("no_open_set_model")));
    trained.without_open_set_model();
    assert_eq!(codes(), [json!("no_open_set_model")]);
    let table = trained.search(&[]).stdout;
    assert!(table.contains("Note: This bundle has no open-set figures"), "{table}");
}

#[test]
fn an_ensemble_that_contradicts_one_of_two_sources_is_refused_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name);
    // Everyone has one of two patterns: kin mostly the same one in one source, and never in the other.
    let pick = |seed: u64, count: u64| Random(seed.wrapping_mul(7727)).below(count);
    let draw = |pattern: u64, person: u64, number: u64| {
        let mut photo = families::photo(700_000 + pattern, 0);
        let own = families::photo(person, number);
        let values = photo.iter_mut().zip(own.iter());
        values.for_each(|(value, own)| *value = *value / 8 * 7 + own / 8);
        photo
    };
    write_kin((&inside("one"), &inside("one.csv")), SOURCE_FAMILIES, |family, member, number| {
        let is_unlike = member == 2 && pick(family + 100, 4) == 0;
        let pattern = pick(family, 2) ^ u64::from(is_unlike);
        draw(pattern, 1000 * family + member, number)
    });
    write_kin(
        (&inside("other"), &inside("other.csv")),
        SOURCE_FAMILIES,
        |family, member, number| {
            let pattern = pick(family + 200, 2) ^ (member - 1);
            draw(pattern, 1000 * (family + 500) + member, number)
        },
    );
    bundle::write(&inside("tiny"), 1);
    let source = |name: &str| {
        let photos = format!("{name}={}", path(&inside(name)));
        [photos, format!("{name}={}", path(&inside(&format!("{name}.csv"))))]
    };
    let ([one, one_kin], [other, other_kin]) = (source("one"), source("other"));
    let backbone = format!("vgg16={}", path(&inside("tiny/tiny.safetensors")));
    let out = inside("bundle");
    let sources = ["--photos", &one, "--photos", &other];
    let kin = ["--relationships", &one_kin, "--relationships", &other_kin];
    let rest = ["--backbone", &backbone, "--members", "likelihood", "--out", path(&out)];
    let run = run(&[&["train"], &sources[..], &kin, &rest].concat());
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(!out.exists(), "nothing is written");
    let unfinished = |name: &str| name.contains("unfinished");
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| unfinished(&name)));
    let work = inside("bundle.training");
    let report = fs::read(work.join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let cosine = |source: usize| {
        let figures = &report["evaluations"][source]["cosines"][0]["figures"];
        figures["roc_auc"]["value"].as_f64().unwrap()
    };
    assert!(cosine(0) > 0.55 && cosine(1) < 0.4, "opposite: {} {}", cosine(0), cosine(1));
    let objections = report["verdict"]["objections"].as_array().unwrap();
    let (_, refusal) = run.stdout.split_once("not written: the ensemble is not better").unwrap();
    assert!(!objections.is_empty());
    let lines: Vec<&str> = refusal.trim_end().lines().skip(1).collect();
    assert_eq!(lines.len(), objections.len() + 1, "the last lines are why: {refusal}");
    for (line, objection) in lines.iter().zip(objections) {
        assert_eq!(line.trim(), objection);
    }
    assert!(lines.last().unwrap().ends_with(path(&work)), "{refusal}");
}

#[test]
fn lists_of_pairs_and_trios_are_judged_and_missing_photos_are_counted() {
    let trained = Trained::new();
    let (photos, bundle) = (trained.path("photos"), trained.path("bundle"));
    let photo = |family: u64, member: u64| format!("F{family:04}/MID{member}/P{member}0_face0.png");
    let (mut pairs, mut trios) = (String::from("photo_a,photo_b,kin\n"), String::new());
    let mut submission = String::from("image_pair,is_related\n");
    for family in 1..FAMILIES {
        let (father, mother, other) = (photo(family, 1), photo(family, 2), photo(family + 1, 2));
        pairs += &format!("{father},{mother},1\n{father},{other},0\n");
        trios += &format!("{father} {mother} {mother} FMS 1\n{father} {mother} {other} FMS 0\n");
        submission += &format!("{father}-{mother},0\n");
    }
    pairs += "F0001/MID1/gone.png,F0001/MID2/P20_face0.png,1\n";
    let write = |name: &str, text: &str| {
        let file = trained.path(name);
        fs::write(&file, text).unwrap();
        file
    };
    let evaluate = |what: &str, option: &str, list: &PathBuf, more: &[&str]| {
        let common = ["--photos", path(&photos), "--model", path(&bundle)];
        run(&[&["evaluate", what, option, path(list)], &common[..], more].concat())
    };
    let pairs = evaluate("verification", "--pairs", &write("pairs.csv", &pairs), &[]);
    assert_eq!(pairs.code, 2, "a photo is missing: {}", pairs.stderr);
    assert!(pairs.stdout.contains("1 listed pairs lack a photo"), "{}", pairs.stdout);
    assert!(pairs.stdout.contains("63 pairs of kin and 63 others"), "{}", pairs.stdout);
    let trios = evaluate("tri-subject", "--trios", &write("trios.txt", &trios), &[]);
    assert!(trios.code == 0 && trios.stdout.contains("both parents"), "{}", trios.stderr);
    let untyped = write("kin.csv", "F0001/MID1,F0001/MID2\n");
    let none = evaluate("tri-subject", "--relationships", &untyped, &[]);
    assert!(none.error().contains("relations such as fs and md"), "{}", none.error());
    let out = trained.path("answers.csv");
    let list = write("submission.csv", &submission);
    let answered = evaluate("submission", "--pairs", &list, &["--out", path(&out)]);
    assert_eq!(answered.code, 0, "{}", answered.stderr);
    let answers = fs::read_to_string(out).unwrap();
    assert_eq!(answers.lines().count(), FAMILIES as usize);
    let probability = |line: &str| line.rsplit_once(',').unwrap().1.parse::<f64>().unwrap();
    assert!(answers.lines().skip(1).all(|line| (0.0..=1.0).contains(&probability(line))));
    let strangers = evaluate("verification", "--pairs", &write("no.csv", "0 a b ms 1\n"), &[]);
    assert!(strangers.error().contains("--photos"), "{}", strangers.error());
}

#[test]
fn false_matches_are_counted_by_group() {
    let trained = Trained::new();
    let (photos, bundle) = (trained.path("photos"), trained.path("bundle"));
    let mut labels = String::from("look,path,all\n");
    for family in 1..=FAMILIES {
        for member in 1..=2 {
            let look = if family % 2 == 0 { "even" } else { "odd" };
            labels += &format!("{look},F{family:04}/MID{member}/P{member}0_face0.png,one\n");
        }
    }
    let list = trained.path("labels.csv");
    fs::write(&list, labels).unwrap();
    let json = trained.path("groups.json");
    let evaluate = |column: &str| {
        let roots = ["--photos", path(&photos), "--labels-root", path(&photos)];
        let labels = ["--labels", path(&list), "--column", column, "--model", path(&bundle)];
        run(&[&["evaluate", "groups"], &roots[..], &labels, &["--report", path(&json)]].concat())
    };
    let found = evaluate("look");
    assert_eq!(found.code, 0, "{}", found.stderr);
    let report: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let groups = report["groups"].as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group["group"].as_str().unwrap()).collect();
    assert_eq!(names, ["even", "odd", "gray photograph"]);
    let count = |group: &Value| group["photos"].as_u64().unwrap();
    assert_eq!(Some(count(&groups[0]) + count(&groups[1])), report["photos"].as_u64());
    let rate = |i: usize| groups[i]["false_matches"]["with_everyone"]["value"].as_f64().unwrap();
    let mean = (count(&groups[0]) as f64 * rate(0) + count(&groups[1]) as f64 * rate(1))
        / (count(&groups[0]) + count(&groups[1])) as f64;
    assert!((0.002..0.05).contains(&mean), "1 % of all pairs match: {mean}");
    assert!(found.stdout.contains("highest over mean"), "{}", found.stdout);
    assert!(evaluate("hair").error().contains("no column 'hair'"));
    assert!(evaluate("all").error().contains("2 to 20"));
}

#[test]
fn what_cannot_be_trained_on_is_one_line_of_error_and_leaves_no_bundle() {
    let trained = Trained::new();
    fs::remove_dir_all(trained.path("bundle")).unwrap();
    let other = trained.train(&["--backbone", "resnet50=/nowhere.pth"]);
    assert!(other.error().contains("/nowhere.pth"), "{}", other.error());
    let train = |kin: &str| {
        fs::write(trained.path("kin.csv"), kin).unwrap();
        let run = trained.train(&[]);
        assert!(!trained.path("bundle").exists());
        run
    };
    let one = train("F0001/MID1,F0001/MID2\n");
    assert!(one.error().contains("1 families") && one.error().contains("16"), "{}", one.error());
    let nobody = train("F0901/MID1,F0901/MID2\nF0902/MID1,F0902/MID2\n");
    assert!(nobody.error().contains("0 families"), "{}", nobody.error());
    assert!(train("name,age\nx,3\n").error().contains("line 1"));
    let left: Vec<_> = fs::read_dir(trained.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("unfinished"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn heads_of_another_bundle_are_refused() {
    let trained = Trained::new();
    let manifest = trained.path("bundle/manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let photo = trained.path("photos/F0001/MID1/P10_face0.png");
    let refused = |text: &str| {
        fs::write(&manifest, text).unwrap();
        let bundle = trained.path("bundle");
        run(&["compare", path(&photo), path(&photo), "--model", path(&bundle)]).error().to_owned()
    };
    let other = text.replace("backbone = \"vgg16\"", "backbone = \"resnet50\"");
    assert!(refused(&other).contains("'resnet50', which the bundle does not have"));
    let weights = trained.path("bundle/kinship.safetensors");
    fs::write(&weights, &fs::read(&weights).unwrap()[..100]).unwrap();
    assert!(refused(&text).contains("SHA-256"));
}
