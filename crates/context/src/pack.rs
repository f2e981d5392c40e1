//! Numbers in few bytes: lists of rising identifiers with counts, for the words of a file and the files of a word.
//!
//! [`Counted`] reads packed lists. It stops at the first invalid byte and never panics; [`is_sound`] checks
//! beforehand whether a list from disk is complete.

/// The fields of a file; the field of a word decides how much it counts.
pub(crate) const FIELDS: usize = 3;
pub(crate) const PATH: usize = 0;
pub(crate) const SYMBOL: usize = 1;
pub(crate) const BODY: usize = 2;

/// The number of occurrences of a word in each field.
pub(crate) type Counts = [u16; FIELDS];

/// The number of words in each field.
pub(crate) type Lengths = [u32; FIELDS];

/// The kinds of counts, in the two lowest bits of a number.
const ONE: u64 = 0;
const TEXT: u64 = 1;
const NAMED: u64 = 2;
const ALL: u64 = 3;

/// Appends a number, with seven bits in each byte.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends an identifier with its counts, as the distance from the previous identifier.
pub(crate) fn put_counted(out: &mut Vec<u8>, distance: u32, counts: Counts) {
    let head = u64::from(distance) << 2;
    match counts {
        [0, 0, 1] => put(out, head | ONE),
        [0, 0, body] => {
            put(out, head | TEXT);
            put(out, u64::from(body));
        }
        [0, 1, body] => {
            put(out, head | NAMED);
            put(out, u64::from(body));
        }
        [path, symbol, body] => {
            put(out, head | ALL);
            for count in [path, symbol, body] {
                put(out, u64::from(count));
            }
        }
    }
}

/// The number of bytes that [`put_counted`] appends.
pub(crate) fn size_of(distance: u32, counts: Counts) -> usize {
    let size = |number: u64| (64 - (number | 1).leading_zeros() as usize).div_ceil(7);
    let rest = match counts {
        [0, 0, 1] => 0,
        [0, 0 | 1, body] => size(u64::from(body)),
        all => all.iter().map(|count| size(u64::from(*count))).sum(),
    };
    size(u64::from(distance) << 2) + rest
}

/// Packs a list of rising identifiers with their counts.
pub(crate) fn pack(list: &[(u32, Counts)]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(list.len() * 3);
    let mut before = 0;
    for &(id, counts) in list {
        put_counted(&mut out, id.wrapping_sub(before), counts);
        before = id;
    }
    out.into_boxed_slice()
}

/// Reads a packed list.
#[derive(Debug, Clone)]
pub(crate) struct Counted<'a> {
    bytes: &'a [u8],
    before: u32,
}

impl<'a> Counted<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, before: 0 }
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn count(&mut self) -> Option<u16> {
        u16::try_from(self.number()?).ok()
    }
}

impl Iterator for Counted<'_> {
    type Item = (u32, Counts);

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.number()?;
        let id = self.before.checked_add(u32::try_from(head >> 2).ok()?)?;
        let mut counts: Counts = [0; 3];
        match head & 3 {
            ONE => counts[BODY] = 1,
            TEXT => counts[BODY] = self.count()?,
            NAMED => {
                counts[SYMBOL] = 1;
                counts[BODY] = self.count()?;
            }
            _ => {
                counts[PATH] = self.count()?;
                counts[SYMBOL] = self.count()?;
                counts[BODY] = self.count()?;
            }
        }
        self.before = id;
        Some((id, counts))
    }
}

/// Whether a list is complete, rises, and has no identifier of `limit` or more.
pub(crate) fn is_sound(bytes: &[u8], limit: u32) -> bool {
    let mut list = Counted::new(bytes);
    let mut before = None;
    while !list.bytes.is_empty() {
        let Some((id, _)) = list.next() else { return false };
        if id >= limit || before.is_some_and(|before| id <= before) {
            return false;
        }
        before = Some(id);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_list_comes_back_as_it_was(
            list in proptest::collection::btree_map(any::<u32>().prop_map(|id| id >> 2), any::<(u16, u16, u16)>(), 0..60)
        ) {
            let list: Vec<(u32, Counts)> = list.into_iter().map(|(id, (a, b, c))| (id, [a, b % 3, c])).collect();
            let packed = pack(&list);
            prop_assert_eq!(Counted::new(&packed).collect::<Vec<_>>(), list.clone());
            prop_assert!(is_sound(&packed, u32::MAX));
            let mut before = 0;
            let sizes: usize = list.iter().map(|(id, counts)| {
                let size = size_of(id - before, *counts);
                before = *id;
                size
            }).sum();
            prop_assert_eq!(sizes, packed.len());
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read = Counted::new(&bytes).count();
            prop_assert!(read <= bytes.len());
            is_sound(&bytes, 1_000);
        }
    }
}
