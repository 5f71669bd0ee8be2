//! The same tensors in every format, whole, cut short and changed; and files made to exhaust whoever reads them.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use kindred::network::architectures::{Architecture, resnet};
use kindred::network::graph::Parameter;
use kindred::network::import::{Checkpoint, read_checkpoint};
use kindred::network::{NamedTensor, write_safetensors};

use crate::support::bundle::import;

/// What `tests/reference/formats.py` wrote; `whole` tells the files that hold the tensors from those that are bombs.
fn fixtures(whole: bool) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.to_str().unwrap().contains("bomb") != whole).collect();
    files.sort();
    files
}

fn read(bytes: &[u8]) -> Result<Checkpoint, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, bytes).unwrap();
    read_checkpoint(file.path()).map_err(|error| error.to_string())
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).err().expect("the file is refused")
}

#[test]
fn every_format_reads_to_the_same_tensors() {
    let files = fixtures(true);
    assert_eq!(files.len(), 17, "{files:?}");
    let t: Vec<f32> = (0..4_u8).flat_map(|row| [row, row + 4, row + 8]).map(f32::from).collect();
    for file in files {
        let tensors = read_checkpoint(&file).unwrap_or_else(|error| panic!("{error}")).tensors;
        assert_eq!(tensors.len(), 3, "{}", file.display());
        let expected: [(&str, &[usize], &[f32]); 3] = [
            ("w", &[2, 3], &[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]),
            ("t", &[4, 3], &t),
            ("h", &[2], &[0.5, -0.25]),
        ];
        for (NamedTensor { name, shape, values }, expected) in tensors.iter().zip(expected) {
            let found = (name.rsplit('/').next().unwrap(), &shape[..], &values[..]);
            assert_eq!(found, expected, "{}", file.display());
        }
    }
}

/// A copy of a file that may be changed in place.
fn copy(file: &Path) -> (tempfile::NamedTempFile, Vec<u8>) {
    let (copy, bytes) = (tempfile::NamedTempFile::new().unwrap(), fs::read(file).unwrap());
    fs::write(copy.path(), &bytes).unwrap();
    (copy, bytes)
}

#[test]
fn whatever_is_cut_off_is_missed() {
    for file in fixtures(true) {
        let (copy, whole) = copy(&file);
        for len in (0..whole.len()).rev() {
            copy.as_file().set_len(len as u64).unwrap();
            // Only HDF5 may end in bytes that belong to nothing.
            if let Ok(read) = read_checkpoint(copy.path()) {
                assert_eq!(file.extension().unwrap(), "h5", "{} of {len} bytes", file.display());
                assert_eq!(read.tensors.len(), 3);
            }
        }
    }
}

#[test]
fn a_changed_bit_anywhere_ends_in_an_error_or_in_no_more_values_than_the_file_backs() {
    for file in fixtures(true) {
        let (copy, whole) = copy(&file);
        let write = |at: usize, byte| copy.as_file().write_all_at(&[byte], at as u64).unwrap();
        for (at, byte) in whole.iter().enumerate() {
            write(at, byte ^ (1 << (at % 8)));
            let tensors = read_checkpoint(copy.path()).map_or(Vec::new(), |read| read.tensors);
            let values: usize = tensors.iter().map(|tensor| tensor.values.len()).sum();
            assert!(values <= whole.len(), "{} with byte {at} changed", file.display());
            write(at, *byte);
        }
    }
}

#[test]
fn numbers_that_are_named_again_and_again_are_not_copied_again_and_again() {
    let files = fixtures(false);
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let error = refusal(&fs::read(file).unwrap());
        assert!(error.contains("larger than the file"), "{error}");
    }
}

#[test]
fn a_pickle_cannot_exhaust_the_stack_or_the_memory() {
    let nested = |opcode: &[u8]| [b"\x80\x02N", &opcode.repeat(900_000)[..], b"."].concat();
    assert!(refusal(&nested(b"\x85")).contains("no dictionary"), "tuples in tuples");
    assert!(refusal(&nested(b"\x85\x85")).contains("operations"), "too many of them");
    assert!(refusal(&nested(b"Q")).contains("persistent"), "identities of identities");

    let itself = b"\x80\x02}q\x00X\x0a\x00\x00\x00state_dictq\x01h\x00s.";
    assert!(refusal(itself).contains("no tensors"), "a dictionary in itself");

    // One text of 100 kB, made into bytes ten thousand times.
    let text = [b"X\xa0\x86\x01\x00", "a".repeat(100_000).as_bytes()].concat();
    let encode: &[u8] = b"c_codecs\nencode\nh\x00N\x86R";
    let bomb = [b"\x80\x02", &text[..], b"q\x00", &encode.repeat(10_000)[..], b"."].concat();
    assert!(refusal(&bomb).contains("more bytes"), "bytes out of nothing");

    // A list of a thousand pairs, made into a dictionary ten thousand times.
    let pairs = [&b"]q\x01("[..], &b"N\x85h\x00\x86".repeat(1000), b"e"].concat();
    let dict: &[u8] = b"ccollections\nOrderedDict\nh\x01\x85R";
    let bomb = [b"\x80\x02Nq\x00", &pairs[..], &dict.repeat(10_000)[..], b"."].concat();
    assert!(refusal(&bomb).contains("operations"), "dictionaries out of nothing");

    // Lengths that the file does not have.
    for claim in [&b"T\xff\xff\xff\x7f"[..], b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x8a\xff"] {
        assert!(refusal(&[b"\x80\x02", claim].concat()).contains("ends too early"));
    }
}

#[test]
fn code_is_refused_however_it_is_named() {
    let cases: [(&[u8], &str); 6] = [
        (b"(dp0\nS'w'\ncos\nsystem\n(S'true'\ntRs.", "os.system"),
        (b"(dp0\n(S'true'\nios\nsystem\n.", "os.system"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.", "builtins.eval"),
        (b"\x80\x02ctorch.nn.modules.container\nSequential\n)\x81.", "Sequential"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "__globals__"),
        (b"ccollections\nOrderedDict\n(tRcnumpy.core.multiarray\nscalar\n.", "multiarray.scalar"),
    ];
    for (bytes, name) in cases {
        let error = refusal(bytes);
        assert!(error.contains(name) && error.contains("it calls"), "{error}");
    }
    let disguised = refusal(b"\x80\x02c\x1b[2Jos\nsystem\n.");
    assert!(!disguised.contains('\x1b'), "a terminal is not written to: {disguised}");
}

#[test]
fn a_scalar_where_a_matrix_belongs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scalars.safetensors");
    let network = Architecture::Resnet50(resnet::Config::default()).network().unwrap();
    let scalar =
        |p: &Parameter| NamedTensor { name: p.name.clone(), shape: vec![], values: vec![1.0] };
    let scalars: Vec<NamedTensor> = network.parameters().iter().map(scalar).collect();
    write_safetensors(&file, &scalars).unwrap();
    let error = import(&file, "resnet50", &folder.path().join("out")).err().unwrap();
    let error = error.to_string();
    assert!(
        error.contains("'conv1_7x7_s2.weight' is []") && error.contains("[64, 3, 7, 7]"),
        "{error}"
    );
}
