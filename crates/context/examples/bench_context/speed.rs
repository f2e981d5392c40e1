//! Measures the speed and the size of the index, compared with tree-sitter alone on the same files.
//!
//! It uses as many parsable files of the repositories as requested; if there are fewer, it adds copies (hard links) in
//! numbered folders. Times are wall and processor time of this process, the best of a few runs, because other work on
//! the machine only makes a run slower.

use crate::git::Repository;
use crate::name_of;
use context::{Index, Kept, PastCommit};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use syntax::Language;
use tree_sitter::Parser;

type Failure = Box<dyn std::error::Error>;

const RUNS: usize = 3;
/// Number of files that are changed, and of questions that are asked, one by one.
const UPDATES: usize = 60;
const QUESTIONS: usize = 300;
/// Longer files are known only by name.
const MAX_BYTES: u64 = 1 << 20;

pub fn measure(repositories: &[PathBuf], wanted: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (root, past) = tree(repositories, folder.path())?;
    let mut files = sources(&root)?;
    copies(&root, &mut files, wanted)?;
    files.truncate(wanted);
    let bytes =
        files.iter().map(|path| fs::metadata(root.join(path)).map_or(0, |found| found.len())).sum::<u64>();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    println!("{} files, {:.1} MB, {threads} threads", files.len(), bytes as f64 / 1e6);

    let texts = texts(&root, &files);
    let (mut parse, mut first) = (Times::MAX, Times::MAX);
    let mut index = Index::build(&root, &[]);
    for _ in 0..RUNS {
        parse = parse.best(Times::of(|| parse_all(&texts)));
        first = first.best(Times::of(|| index = Index::build(&root, &files)));
    }
    drop(texts);
    let stats = index.stats();
    let speed = |times: Times| bytes as f64 / 1e6 / times.wall.as_secs_f64();
    println!("tree-sitter alone      {parse}, {:.1} MB/s", speed(parse));
    println!("first index            {first}, {:.1} MB/s, {} files parsed", speed(first), stats.parsed);
    println!(
        "speed of tree-sitter   {:.0} % by wall time, {:.0} % by processor time (goal: 60)",
        100.0 * parse.wall.as_secs_f64() / first.wall.as_secs_f64(),
        100.0 * parse.processor.as_secs_f64() / first.processor.as_secs_f64(),
    );

    let mut kept = Vec::new();
    let write = Times::of(|| kept = index.to_bytes("bench").unwrap_or_default());
    let mut known = None;
    let read = Times::of(|| known = Kept::from_bytes(&kept).ok());
    println!(
        "size                   {:.1} MB in memory, {:.1} MB on disk (goal at 100,000 files: 300)",
        stats.bytes as f64 / 1e6,
        kept.len() as f64 / 1e6
    );
    println!("to bytes               {write}\nfrom bytes             {read}");
    let Some(known) = known else { return Err("the kept index was not believed".into()) };
    let mut again = None;
    let rebuild = Times::of(|| again = Some(known.rebuild(&root, &files)));
    println!(
        "all files looked at    {rebuild} after reading it, {:?} taken over",
        again.map(|index| index.stats().reused)
    );

    index = index.with_history(&past);
    updates(index.clone(), &root, &files)?;
    let mut times = Vec::new();
    for question in
        past.iter().map(|commit| commit.message.trim()).filter(|text| !text.is_empty()).take(QUESTIONS)
    {
        times.push(Times::of_thread(|| drop(std::hint::black_box(index.search(question, 10)))));
    }
    println!("a query                {} (goal: 10 ms at the 95th percentile)", spread(times));
    Ok(())
}

/// Changes one file after another; the index is told which, or has to look for it.
fn updates(mut index: Index, root: &Path, files: &[String]) -> Result<(), Failure> {
    let (mut told, mut looked) = (Vec::new(), Vec::new());
    for n in 0..UPDATES {
        let Some(path) = files.get(n * files.len() / UPDATES) else { continue };
        let full = root.join(path);
        let text = fs::read_to_string(&full).unwrap_or_default();
        // A new file, so that its hard links do not change.
        fs::remove_file(&full)?;
        fs::write(&full, format!("{text}\n// changed in update{n}\n"))?;
        if n % 2 == 0 {
            told.push(Times::of_thread(|| index = index.update(root, files, std::slice::from_ref(path))));
        } else {
            looked.push(Times::of_thread(|| index = index.rebuild(root, files)));
        }
    }
    println!("one file changed, told {} (goal: 20 ms)", spread(told));
    println!("one file changed, all files looked at {}", spread(looked));
    Ok(())
}

/// All repositories, one folder each, and their histories.
fn tree(repositories: &[PathBuf], folder: &Path) -> Result<(PathBuf, Vec<PastCommit>), Failure> {
    let root = folder.join("tree");
    let mut past = Vec::new();
    for path in repositories {
        let repository = Repository::open(path)?;
        let name = name_of(path);
        let below = root.join(&name);
        fs::create_dir_all(&below)?;
        repository.check_out("HEAD", &below, &folder.join("index"))?;
        for commit in repository.commits()? {
            let paths = commit.paths.iter().map(|path| format!("{name}/{path}")).collect();
            past.push(PastCommit { message: commit.message, paths });
        }
        fs::remove_file(folder.join("index"))?;
    }
    Ok((root, past))
}

/// The parsable files below a folder, sorted.
fn sources(root: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(path);
                continue;
            }
            let Some(name) = path.strip_prefix(root)?.to_str() else { continue };
            if kind.is_file() && Language::of_path(name).is_some() && entry.metadata()?.len() <= MAX_BYTES {
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copies(root: &Path, files: &mut Vec<String>, wanted: usize) -> Result<(), Failure> {
    let own = files.clone();
    if own.is_empty() {
        return Err("there is no file with a grammar".into());
    }
    for copy in 1.. {
        for path in &own {
            if files.len() >= wanted {
                return Ok(());
            }
            let name = format!("copy{copy}/{path}");
            let full = root.join(&name);
            if let Some(parent) = full.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::hard_link(root.join(path), full)?;
            files.push(name);
        }
    }
    Ok(())
}

fn texts(root: &Path, files: &[String]) -> Vec<(Language, String)> {
    let text = |path: &String| Some((Language::of_path(path)?, fs::read_to_string(root.join(path)).ok()?));
    files.iter().filter_map(text).collect()
}

/// Parses every text once, with as many threads as processors.
fn parse_all(texts: &[(Language, String)]) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut parsers: HashMap<Language, Parser> = HashMap::new();
                while let Some((language, text)) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let parser = parsers.entry(*language).or_insert_with(|| {
                        let mut parser = Parser::new();
                        drop(parser.set_language(&language.grammar()));
                        parser
                    });
                    std::hint::black_box(parser.parse(text, None));
                }
            });
        }
    });
}

/// Wall and processor time of one piece of work.
#[derive(Clone, Copy)]
struct Times {
    wall: Duration,
    processor: Duration,
}

impl Times {
    const MAX: Times = Times { wall: Duration::MAX, processor: Duration::MAX };

    fn of(work: impl FnOnce()) -> Self {
        let (started, before) = (Instant::now(), processor_time());
        work();
        Self { wall: started.elapsed(), processor: processor_time().saturating_sub(before) }
    }

    /// The same with the processor time of this thread only, which is more precise.
    fn of_thread(work: impl FnOnce()) -> Self {
        let (started, before) = (Instant::now(), thread_time());
        work();
        Self { wall: started.elapsed(), processor: thread_time().saturating_sub(before) }
    }

    fn best(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), processor: self.processor.min(other.processor) }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} s ({:.2} s of processors)", self.wall.as_secs_f64(), self.processor.as_secs_f64())
    }
}

/// Processor time of this process, as Linux counts it (in hundredths of a second); zero on other systems.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    Duration::from_millis(
        10 * fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>(),
    )
}

/// The same for the calling thread, in nanoseconds.
fn thread_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or(0))
}

/// The times within which half of the runs, and 95 of 100, ended.
fn spread(times: Vec<Times>) -> String {
    let of = |part: fn(&Times) -> Duration| {
        let mut own: Vec<Duration> = times.iter().map(part).collect();
        own.sort();
        let at = |share: usize| own.get((own.len() * share / 100).min(own.len().saturating_sub(1))).copied();
        let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
        format!("{:.1} ms, 95th percentile {:.1} ms", ms(at(50)), ms(at(95)))
    };
    format!("{} (processor {}), {} times", of(|t| t.wall), of(|t| t.processor), times.len())
}
