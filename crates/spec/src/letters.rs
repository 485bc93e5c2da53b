//! How far two words are from each other in letters.

/// Whether a word was probably meant to be another one, and is not it.
pub(crate) fn is_near(word: &str, meant: &str) -> bool {
    let most = if meant.chars().count() < 5 { 1 } else { 2 };
    // A letter that is changed makes two that only one word has, one that is added or dropped makes one.
    word != meant && letters_apart(word, meant) <= 2 * most && letters_between(word, meant) <= most
}

/// Kinds of letters that only one of two words has, at least.
fn letters_apart(a: &str, b: &str) -> usize {
    let letters = |word: &str| word.chars().fold(0u32, |letters, letter| letters | 1 << (u32::from(letter) % 32));
    (letters(a) ^ letters(b)).count_ones() as usize
}

/// Letters to add, drop, change or swap. Words of very different lengths, and very long ones, are simply far.
fn letters_between(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(41).collect(), b.chars().take(41).collect());
    if a.len().abs_diff(b.len()) > 2 || a.len() > 40 || b.len() > 40 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
