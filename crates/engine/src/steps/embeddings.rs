//! The voice of an embedding model in the ranking, if the user named one (`[context] embeddings`).
//!
//! It decides which texts may be asked for, and keeps their vectors beside the index. The host asks the model. If that
//! fails, the mission says so once and ranks files without this voice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use context::{FileText, Index, Vectors, estimate_tokens};
use journal::{Redactor, StateDir};
use mission::{Event, Role, Tokens, budget};
use shared::text::start_of;
use tokio::time::{Instant, timeout};

use crate::blocking::blocking;
use crate::config::ModelId;
use crate::host::{Embedded, HostRequest};
use crate::steps::context::MissionContext;
use crate::text::{count, cut};

/// The most files of a project that are compared with a question.
const MAX_FILES: usize = 2_000;
/// The longest question, in bytes.
const MAX_QUESTION: usize = 1_500;
/// The most texts of one request.
const BATCH: usize = 64;
/// How long one request may take, and all of one question together.
const ASKING: Duration = Duration::from_secs(30);
const IN_ALL: Duration = Duration::from_secs(120);
/// The longest reason that is shown, in bytes.
const MAX_REASON: usize = 300;

/// A question and the texts of files, as the model may read them.
#[derive(Clone)]
struct Texts {
    question: String,
    files: Vec<FileText>,
}

impl Texts {
    fn of(index: &Index, redactor: &Redactor, question: &str) -> Texts {
        let mut files = index.file_texts(question, MAX_FILES);
        for file in &mut files {
            file.text = redactor.redact(&file.text).into_owned();
        }
        let question = start_of(&redactor.redact(question), MAX_QUESTION).to_string();
        Texts { question, files }
    }

    fn all(&self) -> Vec<&str> {
        let files = self.files.iter().map(|file| file.text.as_str());
        std::iter::once(self.question.as_str()).chain(files).collect()
    }

    /// The texts without a vector, each once.
    fn missing(&self, vectors: &Vectors) -> Vec<String> {
        let mut seen = HashSet::new();
        let all = self.all().into_iter();
        all.filter(|text| !vectors.has(text) && seen.insert(*text)).map(str::to_string).collect()
    }

    fn similar(&self, vectors: &Vectors) -> Vec<(String, f32)> {
        let similarity = |file: &FileText| vectors.similarity(&self.question, &file.text);
        self.files.iter().filter_map(|file| Some((file.path.clone(), similarity(file)?))).collect()
    }
}

/// The index with what the model says of the question; the same index if no model is named, or if it fails.
pub(crate) async fn heard(context: &Arc<MissionContext>, index: Arc<Index>, question: &str) -> Arc<Index> {
    let Some(model) = context.bench.config.context.embeddings.clone() else { return index };
    let failed = &context.no_embeddings;
    if failed.load(Ordering::Relaxed) {
        return index;
    }
    match similar(context, &model, &index, question).await {
        Ok(similar) => {
            let question = question.to_string();
            blocking(move || Arc::new(index.with_meaning(&question, &similar))).await
        }
        Err(why) => {
            if !failed.swap(true, Ordering::Relaxed) && !context.bench.cancel.is_cancelled() {
                let why = cut(&context.desk.redactor.redact(&why).replace('\n', " "), MAX_REASON);
                context.bench.host.progress(&format!(
                    "- `[context] embeddings`: {why}; files are ranked without `{model}`\n"
                ));
            }
            index
        }
    }
}

/// The index with what vectors on disk say of the question; `None` if the question, or most files, have none.
pub(crate) fn remembered(
    state: &StateDir,
    redactor: &Redactor,
    model: &ModelId,
    index: &Index,
    question: &str,
) -> Option<Index> {
    let vectors = kept(state, model);
    let texts = Texts::of(index, redactor, question);
    let similar = texts.similar(&vectors);
    (2 * similar.len() > texts.files.len()).then(|| index.with_meaning(question, &similar))
}

fn kept(state: &StateDir, model: &ModelId) -> Vectors {
    let bytes = state.kept_vectors(Vectors::MAX_BYTES);
    bytes.map_or_else(|| Vectors::new(model.as_str()), |bytes| Vectors::from_bytes(&bytes, model.as_str()))
}

async fn similar(
    context: &Arc<MissionContext>,
    model: &ModelId,
    index: &Arc<Index>,
    question: &str,
) -> Result<Vec<(String, f32)>, String> {
    priced(context, model)?;
    let (state, redactor) = (context.project.clone(), context.desk.redactor.clone());
    let (index, question, of) = (index.clone(), question.to_string(), model.clone());
    let (texts, mut vectors) =
        blocking(move || (Texts::of(&index, &redactor, &question), kept(&state, &of))).await;
    let missing = texts.missing(&vectors);
    if missing.is_empty() {
        return Ok(texts.similar(&vectors));
    }
    let asked = ask(context, model, &missing, &mut vectors).await;
    // What came before a failure is paid for, too
    let (state, seen) = (context.project.clone(), texts.clone());
    let vectors = blocking(move || {
        if let Some(bytes) = vectors.to_bytes(&seen.all()) {
            // They are asked for again if they cannot be written
            drop(state.keep_vectors(&bytes));
        }
        vectors
    })
    .await;
    asked.map(|()| texts.similar(&vectors))
}

/// Refuses a model without a price if there is a limit of money, because its cost would not be counted.
fn priced(context: &MissionContext, model: &ModelId) -> Result<(), String> {
    let limits = &context.bench.config.budget;
    let limited = limits.cost_usd.get().is_some() || limits.task.cost_usd.get().is_some();
    let known = context.desk.models.prices.get(model.as_str()).is_some_and(|price| price.is_known());
    if limited && !known {
        return Err(format!("`{model}` has no price in OpenCode, so a limit of money could not be kept"));
    }
    Ok(())
}

/// Asks for the vectors of texts, in batches, as long as time and budget last.
async fn ask(
    context: &Arc<MissionContext>,
    model: &ModelId,
    texts: &[String],
    vectors: &mut Vectors,
) -> Result<(), String> {
    let (begun, mut length) = (Instant::now(), None);
    for (n, batch) in texts.chunks(BATCH).enumerate() {
        let state = context.desk.orchestrator.state().await.map_err(|_| "the mission is over".to_string())?;
        if let Some(reached) = budget::reached(&state) {
            return Err(reached);
        }
        if begun.elapsed() > IN_ALL {
            return Err(format!(
                "{} of {} have vectors after {} s, the next mission asks for the rest",
                n * BATCH,
                count(texts.len(), "text"),
                IN_ALL.as_secs()
            ));
        }
        let request = HostRequest::Embed { model: model.to_string(), texts: batch.to_vec() };
        let answer = tokio::select! {
            biased;
            () = context.bench.cancel.cancelled() => return Err("the mission was stopped".into()),
            answer = timeout(ASKING, context.desk.host.call(request)) => answer,
        };
        let late = || format!("there was no answer within {} s", ASKING.as_secs());
        let answer = answer.map_err(|_| late())?.map_err(|error| error.message)?;
        let answer: Embedded = serde_json::from_value(answer)
            .map_err(|error| format!("the answer could not be read: {error}"))?;
        spent(context, model, batch, answer.tokens).await?;
        if answer.vectors.len() != batch.len() {
            return Err(format!(
                "{} came for {}",
                count(answer.vectors.len(), "vector"),
                count(batch.len(), "text")
            ));
        }
        for (text, vector) in batch.iter().zip(&answer.vectors) {
            if *length.get_or_insert(vector.len()) != vector.len() || !vectors.add(text, vector) {
                return Err("a vector that came cannot be used".into());
            }
        }
    }
    Ok(())
}

/// Records what a request used, as usage of the Searcher, for whom it is asked.
async fn spent(
    context: &MissionContext,
    model: &ModelId,
    texts: &[String],
    reported: u64,
) -> Result<(), String> {
    let estimated = reported == 0;
    let guess = || texts.iter().map(|text| estimate_tokens(text) as u64).sum();
    let tokens = Tokens { input: if estimated { guess() } else { reported }, ..Tokens::default() };
    let price = context.desk.models.prices.get(model.as_str());
    let cost_usd = price.map_or(0.0, |price| price.of(&tokens));
    let role = Role::Searcher;
    let event = Event::RoleSpent { role, task: None, tokens, cost_usd, estimated, requests: 1, paged: 0 };
    let recorded = context.desk.orchestrator.record(vec![event]).await;
    recorded.map_err(|_| "the mission is over".to_string())
}
