//! Links the binding as N-API asks.
//!
//! `napi-build` knows the flags. It generates no code.

fn main() {
    napi_build::setup();
}
