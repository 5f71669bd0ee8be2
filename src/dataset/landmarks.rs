//! CSV lists of faces with their landmarks.

use std::path::Path;

use csv::Writer;

use super::DatasetError;
use super::named_columns::NamedColumns;
use crate::domain::BoundingBox;

/// A photo of one face with its five landmarks.
#[derive(Clone, Debug, PartialEq)]
pub struct FacePoints {
    /// Path of the photo, relative to the folder of the photos.
    pub path: String,
    /// Landmarks (x, y), in pixels of the photo.
    ///
    /// The order is: left eye, right eye, nose, left mouth corner, right mouth corner, as seen in
    /// the image.
    pub points: [[f32; 2]; 5],
}

/// The columns of the points.
const POINTS: [&str; 5] = ["eye_l", "eye_r", "nose", "mouth_l", "mouth_r"];

/// Reads a list with the columns `path`, `eye_l_x`, `eye_l_y`, … `mouth_r_y`.
///
/// The columns may be in any order and among others. Photos with empty points are left out.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] if a column is missing, or a line has a point that is not a number.
pub fn read_landmarks(path: &Path) -> Result<Vec<FacePoints>, DatasetError> {
    let points = POINTS.map(|point| [format!("{point}_x"), format!("{point}_y")]);
    let names: Vec<&str> =
        ["path"].into_iter().chain(points.iter().flatten().map(String::as_str)).collect();
    let columns = NamedColumns {
        names: &names,
        form: "the columns are path, eye_l_x, eye_l_y, … mouth_r_x, mouth_r_y",
    };
    columns.read(path, |values| {
        let numbers = &values[1..];
        if numbers.iter().any(|number| number.is_empty()) {
            return Ok(None);
        }
        Ok(Some(FacePoints { path: values[0].to_owned(), points: parse_points(numbers)? }))
    })
}

/// Writes a list in the format of [`read_landmarks`], with the box of each face.
///
/// Values are rounded to a tenth of a pixel. Each box has the score 1, as it is certain.
///
/// # Errors
/// [`DatasetError::Unwritable`] if the file cannot be written.
pub fn write_landmarks(
    path: &Path,
    faces: &[(FacePoints, BoundingBox)],
) -> Result<(), DatasetError> {
    let mut csv = Writer::from_path(path).map_err(DatasetError::unwritable(path))?;
    let points = POINTS.iter().flat_map(|point| [format!("{point}_x"), format!("{point}_y")]);
    let columns =
        ["path", "score", "x", "y", "w", "h"].map(str::to_owned).into_iter().chain(points);
    csv.write_record(columns).map_err(DatasetError::unwritable(path))?;
    for (face, bounds) in faces {
        let BoundingBox { left, top, width, height } = bounds;
        let numbers = [left, top, width, height].into_iter().chain(face.points.iter().flatten());
        let numbers = numbers.map(|number| format!("{number:.1}"));
        let record = [face.path.clone(), "1".to_owned()].into_iter().chain(numbers);
        csv.write_record(record).map_err(DatasetError::unwritable(path))?;
    }
    csv.flush().map_err(DatasetError::unwritable(path))
}

fn parse_points(numbers: &[&str]) -> Result<[[f32; 2]; 5], String> {
    let mut points = [[0.0; 2]; 5];
    for (value, text) in points.iter_mut().flatten().zip(numbers) {
        let number = text.parse::<f32>().ok().filter(|number| number.is_finite());
        *value = number.ok_or_else(|| format!("'{text}' is no number"))?;
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(text: &str) -> Result<Vec<FacePoints>, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_landmarks(file.path()).map_err(|error| error.to_string())
    }

    const HEADER: &str = "score,path,eye_l_x,eye_l_y,eye_r_x,eye_r_y,nose_x,nose_y,\
                          mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y\n";

    #[test]
    fn points_are_read_by_the_names_of_their_columns() {
        let found =
            read(&format!("{HEADER}0.9,a/b.jpg,1,2,3,4,5,6,7,8,9,10.5\n,c.jpg,,,,,,,,,,\n"));
        let points = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.5]];
        assert_eq!(found.unwrap(), [FacePoints { path: "a/b.jpg".into(), points }]);
    }

    #[test]
    fn a_written_list_reads_back() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let points = [[1.0, 2.5], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.5]];
        let face = FacePoints { path: "F0001/MID1/a, b.jpg".into(), points };
        let bounds = BoundingBox { left: 0.0, top: -9.0, width: 50.0, height: 60.0 };
        write_landmarks(file.path(), &[(face.clone(), bounds)]).unwrap();
        assert_eq!(read_landmarks(file.path()).unwrap(), [face]);
    }

    #[test]
    fn a_list_that_is_none_is_refused_with_the_place() {
        assert!(read("path,x\na,1\n").unwrap_err().contains("'eye_l_x'"));
        let error = read(&format!("{HEADER}1,a,1,2,3,4,five,6,7,8,9,10\n")).unwrap_err();
        assert!(error.contains("line 2") && error.contains("'five'"), "{error}");
    }
}
