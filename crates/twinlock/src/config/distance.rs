//! How far apart two names are, for the question "did you mean …?".

/// Levenshtein's distance.
pub(super) fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (down, a) in one.chars().enumerate() {
        let mut next = vec![down + 1];
        let mut left = down + 1;
        for (b, pair) in other.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            left = (left + 1)
                .min(above + 1)
                .min(diagonal + usize::from(a != *b));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
