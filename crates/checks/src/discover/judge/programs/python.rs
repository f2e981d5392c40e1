//! Programs of Python projects, also for words after `python -m`.
//!
//! It contains only rows: `judge/wrap.rs` follows what `uv run`, `poetry run` and the like start, and
//! `judge/files.rs` program files.

use super::super::Class::{Build, Harmless, Lint, Test, Types};
use super::super::Why;
use super::{Row, is, never, with};

pub(super) const ROWS: &[Row] = &[
    is(
        "pytest py.test unittest nose nose2 nosetests trial ward stestr testtools behave green slipcover zope-testrunner pytest-3",
        "",
        Test,
    ),
    never("ptw pytest-watch pytest-watcher watchmedo watchfiles", "", Why::Watches),
    is("doctest", "", Test),
    is("mypy pyright basedpyright pytype pyre ty dmypy pyrefly", "", Types),
    is("mypy", "", Types),
    is(
        "flake8 pylint pyflakes pycodestyle pydocstyle bandit vulture interrogate codespell yamllint curlylint radon xenon lint-imports import-linter deptry pydoclint check-manifest validate-pyproject rstcheck doc8 pymarkdown prospector pylama slotscheck cfn-lint ansible-lint detect-secrets detect-secrets-hook flakeheaven check-jsonschema reuse creosote dodgy fixit-lint",
        "",
        Lint,
    ),
    is("ruff", "check|rule|linter", Lint),
    with("ruff", "format", &["--check", "--diff"], Lint, Why::Rewrites),
    is("ruff", "-|.|src|tests", Lint),
    with(
        "black isort docformatter yapf autopep8 autoflake pyink blacken-docs usort ufmt djlint sqlfluff nbqa add-trailing-comma cmake-format gersemi mdformat toml-sort reorder-python-imports autoflake8 setup-cfg-fmt pyproject-fmt tox-ini-fmt",
        "",
        &[
            "--check",
            "-c",
            "--check-only",
            "--diff",
            "--check-diff",
            "-d",
            "-cd",
            "--lint",
            "lint",
            "check",
            "--check-changed",
            "--dry-run",
        ],
        Lint,
        Why::Rewrites,
    ),
    never("pyupgrade django-upgrade com2ann pybetter bowler", "", Why::Rewrites),
    is("coverage", "report|html|xml|combine|erase|json|lcov|debug", Harmless),
    is("compileall py_compile", "", Build),
    is("build", "", Build),
    is("sphinx-build mkdocs jupyter-book", "build|-|docs*|-*|source", Build),
    is("sphinx-build", "", Build),
    never("mkdocs sphinx-autobuild jupyter-book", "", Why::Serves),
    with("twine", "check", &["check", "dist/*"], Lint, Why::Publishes),
    is("twine", "check", Lint),
    never(
        "twine bump2version bumpversion bump-my-version bumpver tbump versioneer commitizen cz towncrier zest.releaser fullrelease cibuildwheel semantic_release",
        "",
        Why::Publishes,
    ),
    never(
        "pip pip3 pipx conda mamba micromamba ensurepip easy_install pip-sync pip-compile virtualenv venv",
        "install|uninstall|sync|create|env|upgrade|download|-|.*|venv*|inject|requirements*",
        Why::Installs,
    ),
    is("pip pip3 conda", "list|freeze|check|show|info|config|--version", Harmless),
    never("pip pip3 pipx", "", Why::Installs),
    is("poetry pdm uv hatch flit pipenv rye", "check|show|env|tree|--version|list|export", Harmless),
    is("poetry pdm uv hatch flit rye", "build", Build),
    is("hatch", "test|python-test", Test),
    with("hatch", "fmt", &["--check", "-l"], Lint, Why::Rewrites),
    never("poetry pdm uv hatch flit pipenv rye", "publish|release|version|upload", Why::Publishes),
    never("poetry pdm uv hatch flit pipenv rye", "", Why::Installs),
    never("flask", "run|shell|db|", Why::Serves),
    never(
        "uvicorn gunicorn hypercorn daphne granian waitress-serve celery dramatiq rq streamlit gradio jupyter ipython idle http.server SimpleHTTPServer locust bokeh panel voila fastapi litestar robyn pserve supervisord honcho",
        "",
        Why::Serves,
    ),
    never("alembic aerich yoyo south dbt sqlmesh", "", Why::Database),
    never(
        "ansible ansible-playbook ansible-galaxy fab salt molecule zappa chalice eb awscli",
        "",
        Why::Deploys,
    ),
    never("pdb ipdb pudb code ", "", Why::Interactive),
    is("venv virtualenv", "", Harmless),
    is("cython cythonize meson-python pybind11-stubgen stubgen", "", Build),
    is("stubtest", "", Types),
    never("maturin", "publish|upload|develop|dev", Why::Installs),
    is("maturin", "build", Build),
    is("json.tool timeit pprint site sysconfig platform zipfile ", "", Harmless),
    never("playwright pytest-playwright robot selenium", "", Why::Browser),
];
