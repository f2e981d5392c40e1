//! What a review of the whole says of one acceptance item. Data only, for events and the state.

use serde::{Deserialize, Serialize};

/// What is said of one acceptance item, and by what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemVerdict {
    pub item: String,
    pub evidence: String,
}
