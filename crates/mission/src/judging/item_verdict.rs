//! The verdict of a review of the whole on one acceptance item. Data only, for events and the
//! state.

use serde::{Deserialize, Serialize};

/// The verdict on one acceptance item, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemVerdict {
    pub item: String,
    pub evidence: String,
}
