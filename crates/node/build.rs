//! Links the binding as N-API asks.

fn main() {
    napi_build::setup();
}
