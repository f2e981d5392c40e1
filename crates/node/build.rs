//! Links the binding as N-API asks.
//!
//! What that takes is for `napi-build` to know. No code is generated.

fn main() {
    napi_build::setup();
}
