//! Train, compare, search and evaluate, as a user does.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::program::{Run, ingest, path, run};

use crate::support::{bundle, families};

/// Families of two.
const FAMILIES: u64 = 64;

/// A folder of synthetic families whose people are kin, a list of them, the tiny network's weights, and a trained bundle.
struct Trained {
    folder: tempfile::TempDir,
    report: String,
}

impl Trained {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trained = Self { folder, report: String::new() };
        let mut kin = String::new();
        for family in 1..=FAMILIES {
            for member in 1..=2 {
                let person = trained.path(&format!("photos/F{family:04}/MID{member}"));
                fs::create_dir_all(&person).unwrap();
                for number in 0..2 {
                    let photo = families::family_photo(family, member, number);
                    let photo = families::encoded(&photo, image::ImageFormat::Png);
                    fs::write(person.join(format!("P{member}{number}_face0.png")), photo).unwrap();
                }
            }
            kin += &format!("F{family:04}/MID1,F{family:04}/MID2,fs\n");
        }
        fs::write(trained.path("kin.csv"), kin).unwrap();
        bundle::write(&trained.path("tiny"), 1);
        let run = trained.train(&["--members", "vggface-1,likelihood,contrastive"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        Self { report: run.stdout, ..trained }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, options: &[&str]) -> Run {
        let (photos, kin, out) = (self.path("photos"), self.path("kin.csv"), self.path("bundle"));
        let backbone = format!("vgg16={}", path(&self.path("tiny/tiny.safetensors")));
        let arguments = [
            "train",
            "--data",
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
    assert!(trained.report.contains("ensemble, mean"), "{}", trained.report);
    let (photos, bundle, gallery) =
        (trained.path("photos"), trained.path("bundle"), trained.path("gallery"));
    let work = trained.path("bundle.training");
    let report: Value =
        serde_json::from_slice(&fs::read(work.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["data"]["families"], FAMILIES);
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
    assert!(inspected.contains("measured      area under the ROC 0."), "{inspected}");

    // The same in both orders, and of a member's own photos.
    let photo = |family: u64, member: u64, number: u64| {
        photos.join(format!("F{family:04}/MID{member}/P{member}{number}_face0.png"))
    };
    let compare = |a: &PathBuf, b: &PathBuf| {
        let run = run(&["compare", path(a), path(b), "--model", path(&bundle), "--json"]);
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

    assert_eq!(ingest(&photos, &gallery, &bundle).code, 0);
    let search = |options: &[&str]| {
        let (probe, gallery) = (photo(1, 1, 0), gallery.clone());
        let run =
            run(&[&["search", path(&probe), "--gallery", path(&gallery), "--json"], options]
                .concat());
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
    let couples = search(&["--parents", "--candidates", "256"]);
    let likeliest = couples["couples"][0]["people"].as_array().expect("two of a family");
    assert_ne!(likeliest[0], likeliest[1]);

    let evaluated = run(&[
        "evaluate",
        "verification",
        "--root",
        path(&photos),
        "--relationships",
        path(&trained.path("kin.csv")),
        "--model",
        path(&bundle),
        "--json",
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
        let common = ["--root", path(&photos), "--model", path(&bundle)];
        run(&[&["evaluate", what, option, path(list)], &common[..], more].concat())
    };
    let pairs = evaluate("verification", "--pairs", &write("pairs.csv", &pairs), &[]);
    assert_eq!(pairs.code, 2, "a photo is missing: {}", pairs.stderr);
    assert!(pairs.stdout.contains("1 listed pairs lack a photo"), "{}", pairs.stdout);
    assert!(pairs.stdout.contains("63 pairs of kin and 63 others"), "{}", pairs.stdout);
    let trios = evaluate("tri-subject", "--trios", &write("trios.txt", &trios), &[]);
    assert!(trios.code == 0 && trios.stdout.contains("both parents"), "{}", trios.stderr);
    let out = trained.path("answers.csv");
    let list = write("submission.csv", &submission);
    let answered = evaluate("submission", "--pairs", &list, &["--out", path(&out)]);
    assert_eq!(answered.code, 0, "{}", answered.stderr);
    let answers = fs::read_to_string(out).unwrap();
    assert_eq!(answers.lines().count(), FAMILIES as usize);
    let probability = |line: &str| line.rsplit_once(',').unwrap().1.parse::<f64>().unwrap();
    assert!(answers.lines().skip(1).all(|line| (0.0..=1.0).contains(&probability(line))));
    let strangers = evaluate("verification", "--pairs", &write("no.csv", "0 a b ms 1\n"), &[]);
    assert!(strangers.error().contains("--root"), "{}", strangers.error());
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
