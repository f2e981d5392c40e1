//! The engine's [`Host`], answered by two JavaScript functions.
//!
//! It has no time limit, retries nothing and keeps nothing between calls. A rejected promise, or an answer that is no
//! JSON, is an error of that call alone.

use engine::{Host, HostError, HostFuture, HostRequest};
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use std::sync::Arc;

/// `(request: string) => Promise<string>`.
pub type Call = ThreadsafeFunction<String, Promise<String>, String, Status, false>;
/// `(text: string) => void`.
pub type Say = ThreadsafeFunction<String, (), String, Status, false>;

/// The first character of progress news; no text for readers contains it. `plugin/mission.js` removes it.
const PROGRESS: char = '\u{1}';

pub struct Bridge {
    pub call: Arc<Call>,
    pub say: Say,
}

impl Host for Bridge {
    fn call(&self, request: HostRequest) -> HostFuture {
        let (call, action) = (self.call.clone(), request.action());
        Box::pin(async move {
            let failed = |message: String| HostError { action, message };
            let text = serde_json::to_string(&request).map_err(|e| failed(e.to_string()))?;
            let promise = call.call_async(text).await.map_err(|e| failed(e.reason.to_string()))?;
            let answer = promise.await.map_err(|e| failed(e.reason.to_string()))?;
            serde_json::from_str(&answer).map_err(|e| failed(e.to_string()))
        })
    }

    fn say(&self, text: &str) {
        self.say.call(text.to_string(), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn progress(&self, text: &str) {
        self.say.call(format!("{PROGRESS}{text}"), ThreadsafeFunctionCallMode::NonBlocking);
    }
}
