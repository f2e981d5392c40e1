//! Answers that are computed once about an object and kept with it, by type. The object need not know who asks.

use std::any::Any;
use std::sync::OnceLock;

/// Answers of several types, one of each. Entries are only added, so that references to them stay valid.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    first: OnceLock<Box<Fact>>,
}

#[derive(Debug)]
struct Fact {
    value: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Fact>>,
}

impl Facts {
    /// The answer of this type. Two threads that ask at once may both compute it; one answer is kept.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, find: impl FnOnce() -> T) -> &T {
        if let Some(known) = self.known() {
            return known;
        }
        let mut found = Some(find());
        let mut place = &self.first;
        loop {
            // Stored in the first free entry; entries of other types are skipped
            let fact =
                place.get_or_init(|| Box::new(Fact { value: Box::new(found.take()), next: OnceLock::new() }));
            if let Some(value) = fact.value.downcast_ref::<Option<T>>().and_then(Option::as_ref) {
                return value;
            }
            place = &fact.next;
        }
    }

    fn known<T: 'static>(&self) -> Option<&T> {
        let mut place = &self.first;
        while let Some(fact) = place.get() {
            if let Some(value) = fact.value.downcast_ref::<Option<T>>().and_then(Option::as_ref) {
                return Some(value);
            }
            place = &fact.next;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_found_once_and_kept_apart() {
        let facts = Facts::default();
        assert_eq!(*facts.get(|| 1_u8), 1);
        assert_eq!(facts.get(|| "a".to_string()), "a");
        assert_eq!(*facts.get(|| 2_u8), 1);
        assert_eq!(facts.get(|| facts.get(|| 3_u16).to_string() + "b"), "a");
    }
}
