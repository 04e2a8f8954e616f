//! The known name that is nearest to a misspelt one.

/// Names further away than this many edits are no help.
const EDITS_MAX: usize = 6;

/// The nearest of the known names, if one is near.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    known
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= EDITS_MAX.min(candidate.len() / 2))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Letters to change, add or remove (Levenshtein).
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, l) in left.chars().take(128).enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (place, r) in row.iter_mut().skip(1).zip(&right) {
            let changed = diagonal + usize::from(l != *r);
            diagonal = *place;
            before = changed.min(*place + 1).min(before + 1);
            *place = before;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", "abc"), 0);
    }

    #[test]
    fn something_far_away_is_no_help() {
        assert_eq!(nearest("zzz", ["data_dir", "workers"].into_iter()), None);
        assert_eq!(nearest("worker", ["data_dir", "workers"].into_iter()), Some("workers"));
    }
}
