//! Weights that are damaged, hostile or of another network; and the commands that import them.

use std::fs;
use std::path::{Path, PathBuf};

use kindred::network::import::{Format, read_checkpoint};
use kindred::network::{NamedTensor, write_safetensors};
use serde_json::Value;

use crate::architectures::fixtures;
use crate::support::bundle::import;
use crate::support::program::{Run, path, run};
use crate::support::{Random, folder_from_env};

/// A folder with a file of these bytes.
fn file_of(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights");
    fs::write(&file, bytes).unwrap();
    (folder, file)
}

fn refusal(bytes: &[u8]) -> String {
    let (_folder, file) = file_of(bytes);
    read_checkpoint(&file).err().expect("the file is refused").to_string()
}

fn import_file(file: &Path, architecture: &str, out: &Path) -> Run {
    run(&["models", "import", path(file), "--architecture", architecture, "--out", path(out)])
}

#[test]
fn formats_are_told_by_their_content() {
    let cases = [
        ("vgg16_dag.pth", Format::TorchLegacy),
        ("resnet50_oxford.pth", Format::TorchZip),
        ("resnet50_cydonia.pkl", Format::NumpyPickle),
        ("vgg16_keras.h5", Format::KerasHdf5),
        ("senet50_keras.h5", Format::KerasHdf5),
        ("siamese.safetensors", Format::Safetensors),
    ];
    for (name, format) in cases {
        let bytes = fs::read(fixtures().join(name)).unwrap();
        let (_folder, file) = file_of(&bytes);
        assert_eq!(read_checkpoint(&file).unwrap().format, format, "{name}");
    }
    assert!(refusal(b"\x89PNG\r\n\x1a\n and so on").contains("no known format"));
    assert!(refusal(b"").contains("no known format"));
}

#[test]
fn a_pickle_that_asks_for_code_is_refused_by_name() {
    // os.system("true"), in today's words and in those of Python 2; eval, hidden in a dictionary of an OrderedDict.
    let cases: [(&[u8], &str); 4] = [
        (b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.", "posix.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os.system"),
        (b"\x80\x02}X\x01\x00\x00\x00wc__builtin__\neval\nU\x041+1q\x85Rs.", "__builtin__.eval"),
        (
            b"\x80\x02ccollections\nOrderedDict\n)Rcnumpy.core.multiarray\nfromstring\n.",
            "fromstring",
        ),
    ];
    for (bytes, name) in cases {
        let error = refusal(bytes);
        assert!(error.contains(name) && error.contains("refused"), "{error}");
    }
}

#[test]
fn arrays_that_python_2_pickled_are_read() {
    let before: &[u8] = b"\x80\x02}q\x01U\x01wq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n\
        q\x04K\x00\x85q\x05U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x02K\x02\x86q\x09cnumpy\ndtype\nq\x10U\x02f4\
        q\x0bK\x00K\x01\x87q\x0cRq\x0d(K\x03U\x01<q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0fb\
        I0";
    let numbers = [1.0_f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat();
    // By rows, and by columns.
    for (by_columns, values) in [(b'0', [1.0, 2.0, 3.0, 4.0]), (b'1', [1.0, 3.0, 2.0, 4.0])] {
        let bytes = [before, &[by_columns], b"\nU\x10", &numbers, b"q\x11tq\x12bs."].concat();
        let (_folder, file) = file_of(&bytes);
        let read = read_checkpoint(&file).unwrap();
        let [NamedTensor { name, shape, values: found }] = &read.tensors[..] else {
            panic!("one tensor")
        };
        assert_eq!((name.as_str(), &shape[..], &found[..]), ("w", &[2, 2][..], &values[..]));
    }
}

#[test]
fn a_truncated_file_is_refused_at_whatever_length() {
    for name in
        ["vgg16_dag.pth", "siamese.safetensors", "resnet50_cydonia.pkl", "resnet50_oxford.pth"]
    {
        let bytes = fs::read(fixtures().join(name)).unwrap();
        let lengths = (0..bytes.len()).step_by(bytes.len() / 97).chain([bytes.len() - 1]);
        for len in lengths {
            let error = refusal(&bytes[..len]);
            assert!(!error.contains('\n'), "{name} of {len} bytes: {error}");
        }
    }
    // HDF5 may end in bytes that belong to nothing.
    let bytes = fs::read(fixtures().join("vgg16_keras_notop.h5")).unwrap();
    for len in (0..bytes.len() - 4096).step_by(997) {
        refusal(&bytes[..len]);
    }
}

#[test]
fn a_flipped_bit_ends_in_an_error_or_in_other_numbers() {
    let mut random = Random(11);
    for name in
        ["vgg16_dag.pth", "siamese.safetensors", "vgg16_keras_notop.h5", "resnet50_oxford.pth"]
    {
        let whole = fs::read(fixtures().join(name)).unwrap();
        for _ in 0..150 {
            let mut bytes = whole.clone();
            bytes[random.below(whole.len() as u64) as usize] ^= 1 << random.below(8);
            let (_folder, file) = file_of(&bytes);
            let tensors = read_checkpoint(&file).map_or(Vec::new(), |read| read.tensors);
            let values: usize = tensors.iter().map(|tensor| tensor.values.len()).sum();
            assert!(4 * values <= 4 * whole.len(), "{name}: more numbers than the file has");
        }
    }
}

#[test]
fn an_hdf5_file_that_lies_about_its_sizes_is_refused() {
    let mut bytes = fs::read(fixtures().join("vgg16_keras.h5")).unwrap();
    // conv1_1's kernel is (3, 3, 3, 4).
    let sides = [3_u64, 3, 3, 4].map(u64::to_le_bytes).concat();
    let at = bytes.windows(32).position(|window| window == sides).unwrap();
    bytes[at + 24..at + 32].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    assert!(refusal(&bytes).contains("Keras"));
}

#[test]
fn weights_of_another_network_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle");
    let run = import_file(&fixtures().join("vgg16_keras.h5"), "senet50", &out);
    assert!(run.error().contains("senet50") && run.error().contains("vgg16"), "{}", run.error());
    assert!(!out.exists());
}

#[test]
fn tensors_that_are_missing_misshapen_or_not_finite_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |change: &dyn Fn(&mut Vec<NamedTensor>)| {
        let mut tensors = read_checkpoint(&fixtures().join("siamese.safetensors")).unwrap().tensors;
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        change(&mut tensors);
        let file = folder.path().join("changed.safetensors");
        write_safetensors(&file, &tensors).unwrap();
        let out = folder.path().join("bundle");
        let error = import(&file, "siamese", &out).expect_err("the weights are refused");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written is left");
        error.to_string()
    };
    // In the order of their names: conv1.bias, conv1.weight, conv2.bias …
    let missing = refusal(&|tensors| drop(tensors.remove(2)));
    assert!(missing.contains("'conv2.bias'") && missing.contains("[5]"), "{missing}");
    let misshapen = refusal(&|tensors| tensors[3].shape = vec![5, 7, 4, 7]);
    assert!(
        misshapen.contains("[5, 7, 4, 7]") && misshapen.contains("[5, 4, 7, 7]"),
        "{misshapen}"
    );
    let not_finite = refusal(&|tensors| tensors[3].values[1] = f32::NAN);
    assert!(not_finite.contains("'conv2.weight'") && not_finite.contains("finite"), "{not_finite}");
}

#[test]
fn a_network_is_told_by_most_of_its_tensors_whichever_is_missing() {
    let whole = || read_checkpoint(&fixtures().join("siamese.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle");
    for at in 0..whole().tensors.len() {
        let mut tensors = whole().tensors;
        let missing = tensors.remove(at).name;
        let file = folder.path().join("changed.safetensors");
        write_safetensors(&file, &tensors).unwrap();
        let error = import(&file, "siamese", &out).err().unwrap().to_string();
        assert!(error.contains(&format!("has no tensor '{missing}'")), "{error}");
        let error = import(&file, "vgg16", &out).err().unwrap().to_string();
        assert!(error.contains("those of siamese"), "{error}");
    }
}

#[test]
fn an_imported_bundle_is_listed_inspected_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("vgg");
    let imported = import_file(&fixtures().join("vgg16_dag.pth"), "vgg16", &out);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    for text in ["PyTorch, stream", "64 × 64", "12 values", "fc8.bias, fc8.weight", "SHA-256"] {
        assert!(imported.stdout.contains(text), "{}", imported.stdout);
    }
    let again = import_file(&fixtures().join("vgg16_dag.pth"), "vgg16", &out);
    assert!(again.error().contains("there already"), "{}", again.error());

    fs::create_dir(folder.path().join("torn")).unwrap();
    fs::write(folder.path().join("torn/manifest.toml"), "format = 1").unwrap();
    let list = run(&["models", "list", path(folder.path())]).stdout;
    assert!(list.contains("vgg16 (12-d)") && list.contains("damaged: "), "{list}");

    let inspected = run(&["models", "inspect", path(&out), "--format", "json"]).stdout;
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["manifest"]["backbone"][0]["network"]["hidden"], 12);
    let file = run(&["models", "inspect", path(&fixtures().join("vgg16_deepface.h5"))]).stdout;
    assert!(file.starts_with("Keras HDF5, 32 tensors"), "{file}");
}

#[test]
fn published_weights_import_as_they_are() {
    let Some(folder) = folder_from_env("KINDRED_WEIGHTS_DIR") else { return };
    let out = tempfile::tempdir().unwrap();
    let bundle = out.path().join("mobilefacenet");
    let file = folder.join("mobilefacenet.safetensors");
    assert_eq!(import_file(&file, "mobilefacenet", &bundle).code, 0);
}
