//! Names of packages that many projects use, by registry: `--fresh` draws from them. None of them is in the list by
//! which rules are tuned or measured ([`crate::projects::ALL`]); a test checks that. Their code is not in this
//! repository.

use crate::projects::Registry;

/// The names of a registry.
pub(super) fn of(registry: Registry) -> Vec<&'static str> {
    let words = match registry {
        Registry::Npm => NPM,
        Registry::Pypi => PYPI,
        Registry::Crates => CRATES,
    };
    words.split_whitespace().collect()
}

/// Packages that ship sources, not only build results.
const NPM: &str = "
    express koa connect body-parser cookie cookie-signature cors helmet morgan multer passport send serve-static
    finalhandler http-errors accepts negotiator type-is content-type mime mime-types range-parser fresh etag vary depd
    debug ms bluebird async lodash underscore ramda immutable nanoid chalk ansi-styles kleur picocolors ora
    yargs minimist meow mri sade cac inquirer prompts enquirer listr2 execa cross-spawn which shelljs glob minimatch
    micromatch picomatch braces fast-glob globby chokidar readdirp anymatch rimraf mkdirp fs-extra graceful-fs tar
    tar-stream archiver unzipper concat-stream through2 split2 pump end-of-stream readable-stream bl duplexify
    undici node-fetch got axios superagent supertest nock needle bent ky request-ip http-proxy http-proxy-middleware
    socket.io engine.io socket.io-client mqtt amqplib ioredis redis pg pg-pool mysql2 mongodb mongoose sequelize knex
    objection bookshelf level levelup nedb better-queue bull bullmq agenda node-cron cron later
    joi yup ajv ajv-formats superstruct validator jsonschema json5 js-yaml yaml toml ini dotenv convict
    config rc cosmiconfig conf winston bunyan loglevel log4js roarr signale
    moment dayjs luxon date-fns spacetime numeral bignumber.js decimal.js big.js mathjs fraction.js
    marked markdown-it remark unified rehype mdast-util-from-markdown micromark showdown turndown
    cheerio htmlparser2 domhandler parse5 css-select css-what jsdom linkedom postcss autoprefixer cssnano less stylus
    handlebars mustache ejs pug nunjucks eta liquidjs art-template
    acorn acorn-walk esprima escodegen estraverse esquery espree eslint eslint-scope eslint-visitor-keys
    prettier recast ast-types magic-string source-map terser uglify-js rollup webpack webpack-sources tapable
    enhanced-resolve browserify watchify mocha chai sinon tape tap-parser nyc c8 ava uvu jasmine jasmine-core karma
    react-router redux redux-thunk redux-saga zustand jotai mobx xstate effector nanostores valtio
    d3-array d3-scale d3-shape d3-format three pixi.js matter-js p5 chart.js
    jsonwebtoken jws jose bcryptjs node-forge tweetnacl elliptic bn.js hash.js
    nodemailer mailparser imap smtp-server email-validator i18next i18next-http-middleware intl-messageformat
    ioredis-mock lru-cache quick-lru node-cache keyv cacheable-request p-map p-limit p-queue p-retry p-timeout
    eventemitter3 mitt emittery rambda fp-ts io-ts purify-ts neverthrow ts-pattern type-fest
    hono elysia fastify-plugin @fastify/cors @fastify/cookie @fastify/static @fastify/multipart @fastify/jwt
    @hapi/hapi @hapi/hoek @hapi/boom @hapi/joi @koa/router restify polka tinyhttp itty-router
    svelte preact solid-js lit lit-html petite-vue alpinejs htm hyperapp mithril riot
    columnify cli-table3 boxen update-notifier node-notifier open
    ";

const PYPI: &str = "
    requests urllib3 idna certifi charset-normalizer flask itsdangerous blinker flask-cors flask-login flask-sqlalchemy
    flask-wtf wtforms django djangorestframework django-filter django-environ django-extensions celery kombu billiard vine
    fastapi starlette uvicorn gunicorn hypercorn sanic tornado bottle falcon pyramid webob cherrypy aiohttp yarl multidict
    pydantic pydantic-settings cattrs dataclasses-json mashumaro jsonschema referencing voluptuous cerberus
    sqlalchemy alembic peewee tortoise-orm psycopg pymysql asyncpg redis pymongo motor mongoengine elasticsearch
    boto3 botocore s3transfer paramiko fabric invoke ansible-core docker kubernetes
    rich typer textual prompt-toolkit questionary tabulate tqdm colorama termcolor docopt fire cleo
    pytest pytest-asyncio pytest-cov pytest-mock pytest-xdist pytest-django hypothesis coverage tox nox virtualenv
    mock responses freezegun faker factory-boy vcrpy requests-mock respx
    black isort flake8 pycodestyle pyflakes pylint astroid mypy-extensions autopep8 bandit yapf rope jedi parso
    poetry-core setuptools wheel pip build hatchling flit-core pdm twine keyring pipx pip-tools
    pyyaml ruamel.yaml tomlkit toml python-dotenv configobj dynaconf environs
    beautifulsoup4 lxml html5lib bleach markdown mistune markdown-it-py docutils sphinx mkdocs
    babel mako chameleon pygments python-dateutil pytz arrow pendulum dateparser humanize tzlocal
    sympy networkx mpmath statsmodels patsy seaborn plotly altair bokeh dask
    httpcore h11 h2 hpack hyperframe anyio trio sniffio outcome websockets wsproto aiofiles
    loguru structlog python-json-logger sentry-sdk opentelemetry-api prometheus-client statsd
    cryptography pyjwt python-jose passlib bcrypt oauthlib requests-oauthlib authlib pyotp
    pillow-heif imageio moviepy openpyxl xlsxwriter python-docx pypdf reportlab
    cachetools diskcache joblib cloudpickle dill toolz cytoolz sortedcontainers bidict boltons pyrsistent
    marshmallow-sqlalchemy apispec webargs graphene graphql-core strawberry-graphql ariadne
    scrapy parsel w3lib twisted zope.interface autobahn pexpect ptyprocess psutil watchdog
    nltk gensim textblob langdetect tinydb zodb apscheduler rq huey dramatiq schedule luigi prefect
    ";

const CRATES: &str = "
    serde serde_json serde_yaml serde_with toml toml_edit ron csv quick-xml roxmltree
    rand rand_core rand_chacha getrandom fastrand itertools rayon rayon-core crossbeam crossbeam-channel crossbeam-utils
    parking_lot lock_api once_cell lazy_static log env_logger tracing tracing-core tracing-subscriber slog fern flexi_logger
    tokio tokio-util tokio-stream futures-util futures-channel async-trait async-channel async-std smol polling mio socket2
    hyper hyper-util http-body http-body-util h2 httparse reqwest ureq isahc axum axum-core tower tower-http tonic prost
    warp rocket actix-web actix-http tide poem salvo url percent-encoding form_urlencoded mime idna
    clap clap_builder clap_lex clap_derive structopt argh pico-args lexopt console indicatif dialoguer crossterm ratatui termcolor
    regex regex-syntax regex-automata aho-corasick memchr bstr fancy-regex globset ignore walkdir glob same-file
    chrono time jiff humantime num num-traits num-bigint num-integer ordered-float rust_decimal bigdecimal
    thiserror eyre color-eyre snafu failure quick-error miette
    syn quote proc-macro2 proc-macro-crate darling strum strum_macros derive_more derive_builder bon
    petgraph fixedbitset bitflags bit-vec bit-set tinyvec slab slotmap dashmap lru moka linked-hash-map
    nom winnow pest pest_derive combine chumsky logos lalrpop
    tempfile dirs directories home which fs_extra notify filetime tar zip flate2 zstd brotli lz4_flex xz2
    base64 hex data-encoding sha2 sha1 md-5 hmac digest aes ring rustls rustls-pemfile webpki-roots ed25519-dalek
    diesel sqlx rusqlite redis mongodb postgres tokio-postgres sled
    criterion proptest quickcheck rstest insta assert_cmd predicates trybuild mockall pretty_assertions
    image png gif jpeg-decoder euclid glam nalgebra ndarray kurbo lyon
    handlebars tera askama minijinja maud pulldown-cmark comrak
    cargo_metadata cargo-platform camino heck unicode-segmentation unicode-width unicode-normalization smol_str
    bytemuck zerocopy byteorder bincode postcard rmp-serde ciborium rkyv
    libloading nix rustix signal-hook ctrlc sysinfo num_cpus os_info
    ";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::projects::{ALL, Registry};

    #[test]
    fn nothing_is_drawn_that_rules_are_tuned_or_measured_by() {
        let listed: BTreeSet<&str> = ALL.iter().map(|project| project.name).collect();
        for registry in Registry::ALL {
            let names = of(registry);
            let unique: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(unique.len(), names.len(), "{registry:?} has a name twice");
            assert!(names.len() >= 150, "{registry:?}: {}", names.len());
            assert_eq!(unique.intersection(&listed).collect::<Vec<_>>(), Vec::<&&str>::new());
        }
    }
}
