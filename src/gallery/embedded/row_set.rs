//! A set of rows.

/// A set of row numbers, one bit a row.
#[derive(Clone)]
pub(in crate::gallery) struct RowSet {
    words: Vec<u64>,
}

impl RowSet {
    /// An empty set over `rows` rows.
    pub(in crate::gallery) fn new(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)] }
    }

    /// Inserts a row. Returns whether it was new.
    pub(in crate::gallery) fn insert(&mut self, row: u32) -> bool {
        let word = &mut self.words[row as usize / 64];
        let bit = 1 << (row % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(in crate::gallery) fn contains(&self, row: u32) -> bool {
        self.words[row as usize / 64] & (1 << (row % 64)) != 0
    }

    /// Number of rows in the set. Counted here, because rustc 1.95 miscompiles a counter in
    /// [`Self::insert`].
    pub(in crate::gallery) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }
}
