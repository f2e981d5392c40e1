/**
 * Published packages that ship their tests, by registry: name and release of each package that `bench:checks` fetches.
 */

export const packages = {
  npm: [
    ["fast-uri", "3.0.6"], ["find-my-way", "9.3.0"], ["avvio", "9.1.0"], ["light-my-request", "6.6.0"],
    ["fast-json-stringify", "6.0.1"], ["pino", "9.9.0"], ["fastify-plugin", "5.0.1"], ["secure-json-parse", "4.0.0"],
    ["rfdc", "1.4.1"], ["reusify", "1.1.0"], ["fastq", "1.19.1"], ["toad-cache", "3.7.0"], ["process-warning", "5.0.0"],
    ["thread-stream", "3.1.0"], ["sonic-boom", "4.2.0"],
  ],
  pypi: [
    ["packaging", "25.0"], ["sqlparse", "0.5.3"], ["click", "8.2.1"], ["attrs", "25.3.0"], ["jinja2", "3.1.6"],
    ["werkzeug", "3.1.3"], ["marshmallow", "4.0.0"], ["more-itertools", "10.7.0"], ["iniconfig", "2.1.0"],
    ["pluggy", "1.6.0"], ["itsdangerous", "2.2.0"], ["markupsafe", "3.0.2"], ["idna", "3.10"], ["tomli", "2.2.1"],
    ["python-dotenv", "1.1.1"],
  ],
  crates: [
    ["semver", "1.0.26"], ["bytes", "1.10.1"], ["either", "1.15.0"], ["smallvec", "1.15.1"], ["arrayvec", "0.7.6"],
    ["textwrap", "0.16.2"], ["itoa", "1.0.15"], ["fastrand", "2.3.0"], ["httpdate", "1.0.3"], ["percent-encoding", "2.3.1"],
    ["humantime", "2.2.0"], ["unicode-width", "0.2.1"], ["roman", "0.1.6"], ["hex", "0.4.3"], ["base16ct", "0.2.0"],
  ],
}
