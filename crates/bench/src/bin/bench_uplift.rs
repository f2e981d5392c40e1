//! `npm run bench:uplift`: what the engine makes of a simulated weak model. See docs/UPLIFT.md.
//!
//! It reads options, opens the results of earlier runs, and prints: `uplift` plays and counts. It asks no language
//! model; `tests/bench/uplift-model.mjs` does that with `--model`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::projects::cache;
use bench::uplift::configurations::{ABLATIONS, CONFIGURATIONS, DEFAULT};
use bench::uplift::grid::{Ground, Point, Way, leave_out_what_asks_the_user, play, predict, verdicts_of_all};
use bench::uplift::measured::report::{FIRST_LINE, Measured, blame, goals, plot, table, to_json};
use bench::uplift::measured::results::Results;
use bench::uplift::predict::Predictions;
use bench::uplift::steps::steps;
use bench::uplift::suites::{Suites, digest};
use bench::uplift::verdicts::Verdicts;

const HELP: &str = "\
npm run bench:uplift -- [options]
  --points P:N,…    chance and tasks of a mission (default: all of 0.3 to 0.95 with 1, 5, 20 and 50)
  --missions N      missions a point (default 200; 1000 at 0.5:20 and 0.7:20)
  --ways NAME,…     ways of working (default: all)
  --packages NAME,… packages whose releases are tasks (default: all that can be used)
  --releases N      only the first N releases that can be used
  --ablation        each gate and each rung switched off in turn, at 0.5:20 and 0.7:20
  --whole           missions with files, git and every role, instead of remembered verdicts (slow)
  --minutes M       stop then; the same command goes on later
  --jobs N          threads (default 2)
  --any-build       take over verdicts and missions of other builds
  --json FILE, --plot FILE
";

const GRID_P: [u32; 8] = [300, 400, 500, 600, 700, 800, 900, 950];
const GRID_N: [usize; 4] = [1, 5, 20, 50];

struct Options {
    points: Vec<(u32, usize)>,
    missions: Option<u64>,
    ways: Vec<String>,
    packages: Vec<String>,
    releases: usize,
    ablation: bool,
    whole: bool,
    minutes: Option<u64>,
    jobs: usize,
    any_build: bool,
    json: Option<PathBuf>,
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    match options().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        points: GRID_P.iter().flat_map(|p| GRID_N.iter().map(|n| (*p, *n))).collect(),
        missions: None,
        ways: Vec::new(),
        packages: Vec::new(),
        releases: usize::MAX,
        ablation: false,
        whole: false,
        minutes: None,
        jobs: 2,
        any_build: false,
        json: None,
        plot: None,
    };
    let mut args = std::env::args().skip(1);
    let mut points = None;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value\n{HELP}"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}` is no number\n{HELP}"));
        let list = |text: String| text.split(',').map(|part| part.trim().to_string()).collect::<Vec<_>>();
        match arg.as_str() {
            "--points" => points = Some(list(value()?)),
            "--missions" => options.missions = Some(number(value()?)?),
            "--ways" => options.ways = list(value()?),
            "--packages" => options.packages = list(value()?),
            "--releases" => options.releases = usize::try_from(number(value()?)?).unwrap_or(usize::MAX),
            "--ablation" => options.ablation = true,
            "--whole" => options.whole = true,
            "--minutes" => options.minutes = Some(number(value()?)?),
            "--jobs" => options.jobs = usize::try_from(number(value()?)?).unwrap_or(1).clamp(1, 64),
            "--any-build" => options.any_build = true,
            "--json" => options.json = Some(value()?.into()),
            "--plot" => options.plot = Some(value()?.into()),
            "--help" => return Err(HELP.into()),
            other => return Err(format!("`{other}` is not known\n{HELP}")),
        }
    }
    if let Some(points) = points {
        let point = |text: &String| {
            let (p, n) = text.split_once(':')?;
            let (p, n) = (p.parse::<f64>().ok()?, n.parse::<usize>().ok()?);
            let fits = (0.01..=1.0).contains(&p) && (1..=99).contains(&n);
            fits.then_some(((p * 1000.0).round() as u32, n))
        };
        let wrong = |text: &String| format!("`{text}` is no point such as 0.7:20\n{HELP}");
        options.points =
            points.iter().map(|text| point(text).ok_or_else(|| wrong(text))).collect::<Result<_, _>>()?;
    } else if options.ablation {
        options.points = vec![(500, 20), (700, 20)];
    }
    Ok(options)
}

fn run(options: Options) -> Result<(), String> {
    let begun = Instant::now();
    let suites = Arc::new(Suites::open()?);
    let (mut steps, left) = steps(&options.packages, &suites, options.jobs)?;
    for why in &left {
        eprintln!("left out: {why}");
    }
    steps.truncate(options.releases);
    if steps.is_empty() {
        return Err("no release can be used as a task here; the lines above say why".into());
    }
    let wrong: usize = steps.iter().map(|step| step.wrong.len()).sum();
    let undecided: usize = steps.iter().map(|step| step.undecided).sum();
    let by_tests = steps.iter().flat_map(|step| &step.wrong).filter(|wrong| wrong.held_out_fail).count();
    println!("{FIRST_LINE}\n");
    println!(
        "- tasks: {} releases ({}); wrong answers: {wrong}, of which held-out tests tell {by_tests}; {undecided} mutants more that no \
         test tells from the release were left out",
        steps.len(),
        steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>().join(", ")
    );
    let pools = steps.iter().filter(|step| !step.pool.is_empty()).count();
    println!("- releases that another coder can write tests of: {pools} of {}", steps.len());
    let steps: Vec<_> = steps.into_iter().map(Arc::new).collect();
    let verdicts = Arc::new(Verdicts::open(suites.clone(), options.any_build)?);
    let build = if options.any_build { "any" } else { verdicts.build() };
    let of_steps =
        digest(&steps.iter().map(|step| (step.title.clone(), format!("{:?}", step.wrong))).collect());
    let file =
        cache().join(format!("uplift/missions-{build}-{}.jsonl", of_steps.get(..12).unwrap_or_default()));
    let results = Results::open(&file)?;
    let mut ground = Ground { steps, suites, verdicts };
    let points = points(&options);
    if !options.whole {
        let tested = points.iter().any(
            |point| matches!(point.way, Way::Engine(configuration) if configuration.independent_tests()),
        );
        verdicts_of_all(&ground, options.jobs, tested)?;
        let left = leave_out_what_asks_the_user(&mut ground)?;
        if !left.is_empty() {
            println!(
                "- left out, as they change protected files, which a mission asks its user for: {}",
                left.join(", ")
            );
        }
    }
    eprintln!(
        "{} verdicts and the tests behind them are known after {:?}",
        ground.verdicts.count(),
        begun.elapsed()
    );
    let most = options.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let sums = play(&ground, &points, &results, options.jobs, most)?;
    let mut predictions = Predictions::default();
    let mut measured: Vec<Measured<'_>> = Vec::new();
    for (point, sum) in points.iter().zip(&sums) {
        let chain = if options.whole { None } else { predict(&ground, point, &mut predictions)? };
        measured.push((point, sum, chain));
    }
    println!(
        "- took {:.0} s, {} threads\n\n{}",
        begun.elapsed().as_secs_f64(),
        options.jobs,
        table(&measured)
    );
    println!("Goals:\n\n{}", goals(&measured));
    let mut ways: Vec<Way> = Vec::new();
    for point in &points {
        if !ways.contains(&point.way) {
            ways.push(point.way);
            println!("{}", blame(&measured, point.way));
        }
    }
    let write = |path: &PathBuf, text: String| {
        std::fs::write(path, text).map_err(|why| format!("`{}`: {why}", path.display()))
    };
    if let Some(path) = &options.json {
        write(path, format!("{:#}\n", to_json(&measured)))?;
    }
    if let Some(path) = &options.plot {
        write(path, plot(&measured, 20).map_err(|why| why.to_string())?)?;
    }
    Ok(())
}

fn points(options: &Options) -> Vec<Point> {
    let mut ways = vec![Way::OneAttempt, Way::RetryOnTests];
    if options.ablation {
        ways = vec![Way::Engine(&DEFAULT)];
        ways.extend(ABLATIONS.iter().map(Way::Engine));
    } else {
        ways.extend(CONFIGURATIONS.iter().map(Way::Engine));
    }
    ways.retain(|way| options.ways.is_empty() || options.ways.iter().any(|name| name == way.name()));
    if options.whole {
        ways.retain(|way| matches!(way, Way::Engine(configuration) if configuration.off.is_empty()));
    }
    let mut points = Vec::new();
    for (p, n) in &options.points {
        for way in &ways {
            let usual = if matches!((p, n), (500 | 700, 20)) { 1000 } else { 200 };
            let missions = options.missions.unwrap_or(usual);
            points.push(Point { way: *way, p: *p, n: *n, whole: options.whole, missions });
        }
    }
    points
}
