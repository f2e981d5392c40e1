//! Programs of the machine: the shell's own, files, git, containers, clouds, databases.
//!
//! Programs that only start another one (`env`, `timeout`, `xargs`) are in `judge/wrap.rs`. A program that reaches
//! outside of the slot is refused, except for sub-commands that an earlier row names.

use super::super::Class::{Harmless, Lint};
use super::super::Why;
use super::{Row, is, never, with};

pub(super) const ROWS: &[Row] = &[
    is(
        ": true false echo printf exit return export set unset test [ [[ ]] shift local declare typeset readonly getopts let sleep ls pwd cd pushd popd wait trap which type hash uname date head cat grep egrep fgrep rg awk gawk sort uniq wc cut tr diff cmp jq yq basename dirname realpath readlink seq expr env printenv id whoami hostname mkdir touch rmdir stat file du df tac rev paste fold nl comm column bc md5sum sha256sum sha1sum cksum base64 xxd od shopt umask ulimit alias tput clear nproc getconf tee tail yes if-env [[ bunzip2 gunzip gzip zip unzip tar xz bzip2 zstd let mapfile readarray caller break continue @echo rem setlocal REM chcp ver where",
        "",
        Harmless,
    ),
    is("break continue local builtin", "", Harmless),
    never(
        "read select less more vim vi nano emacs code subl top htop man screen tmux dialog whiptail fzf gum",
        "",
        Why::Interactive,
    ),
    never("open xdg-open start explorer", "", Why::Window),
    never("sudo su doas pkexec", "", Why::System),
    never(
        "apt apt-get dpkg yum dnf rpm zypper pacman apk brew port snap flatpak choco winget scoop nix-env nix-channel guix mise asdf nvm n volta fnm rustup sdk pyenv rbenv nodenv goenv tfenv corepack gvm",
        "",
        Why::Installs,
    ),
    never(
        "kill killall pkill fuser systemctl service launchctl crontab at reboot shutdown halt mount umount mkfs dd fdisk iptables ufw sysctl modprobe chown chgrp useradd usermod passwd mkfifo setcap xattr codesign security csrutil defaults osascript powershell pwsh reg net wmic taskkill icacls ",
        "",
        Why::System,
    ),
    is("chmod ln", "", Harmless),
    never(
        "curl wget nc ncat netcat telnet ssh scp sftp ftp rsync rclone ping dig nslookup http https httpie xh aria2c lftp mosh ngrok openvpn mail sendmail mutt s3cmd mc azcopy hub gh glab tea slack slackcat telegram-send",
        "",
        Why::Network,
    ),
    is(
        "git",
        "diff|status|rev-parse|describe|log|ls-files|show|grep|rev-list|symbolic-ref|cat-file|blame|shortlog|version|merge-base|name-rev|for-each-ref|ls-tree|check-ignore|var|--version",
        Harmless,
    ),
    never("git hg svn jj bzr fossil gt sl git-*", "", Why::Repository),
    never(
        "docker docker-compose podman podman-compose buildah nerdctl skaffold tilt minikube kind k3d colima lima limactl finch kaniko earthly dagger act vagrant packer multipass lxc lxd devcontainer testcontainers crane skopeo",
        "",
        Why::Container,
    ),
    never(
        "kubectl k9s oc helmfile argocd flux aws aws-vault awslocal cdklocal localstack gcloud gsutil bq az azd doctl linode-cli ibmcloud oci aliyun s5cmd copilot eksctl kops sam func cf apex eb ecs-cli cap mina kamal dokku deployer dep fastlane nomad consul vault terragrunt ansible doppler infisical op chamber sops",
        "",
        Why::Deploys,
    ),
    is("helm", "lint|template|show|version", Lint),
    never("helm", "", Why::Deploys),
    is("terraform tofu", "validate|version|providers|graph", Lint),
    with("terraform tofu", "fmt", &["-check", "--check"], Lint, Why::Rewrites),
    never("terraform tofu pulumi", "", Why::Deploys),
    is(
        "tflint tfsec checkov conftest kubeval kubeconform kube-linter hadolint shellcheck checkbashisms bashate opa regal cue typos codespell protolint",
        "",
        Lint,
    ),
    never("trivy grype syft lychee muffet linkchecker", "", Why::Network),
    never(
        "psql pg_ctl pg_dump pg_restore pg_ctlcluster createdb dropdb createuser initdb mysql mysqladmin mysqldump mysqld mongo mongosh mongod mongodump mongorestore redis-cli redis-server sqlite3 influx cqlsh clickhouse-client cockroach flyway liquibase goose migrate sqitch dbmate atlas sqlplus sqlcmd bcp duckdb postgres memcached rabbitmq-server rabbitmqctl etcd zookeeper-server-start kafka-server-start elasticsearch meilisearch minio surreal",
        "",
        Why::Database,
    ),
    never(
        "nginx caddy httpd apachectl apache2 traefik haproxy envoy air reflex modd watchexec entr fswatch inotifywait overmind foreman goreman hivemind process-compose guard spring puma thin unicorn rackup shotgun sidekiq webrick mailhog mailpit",
        "",
        Why::Serves,
    ),
    never(
        "hyperfine branchcmp wrk wrk2 ab hey oha bombardier vegeta siege locust flame perf valgrind callgrind",
        "",
        Why::Measures,
    ),
    with(
        "jscodeshift codemod ast-grep sg comby",
        "",
        &["--dry", "-d", "--dry-run", "scan", "test"],
        Lint,
        Why::Rewrites,
    ),
    never("eval", "", Why::Unclear),
    never("xvfb-run Xvfb xvfb-maybe startx weston", "", Why::Window),
    never("adb emulator xcrun simctl ios-deploy ideviceinstaller ", "", Why::Device),
    with("shfmt", "", &["-d", "-l", "--diff", "--list"], Lint, Why::Rewrites),
    with(
        "stylua taplo nixpkgs-fmt nixfmt alejandra treefmt deadnix statix prettierd pg_format fourmolu ormolu brittany stylish-haskell cabal-fmt ocamlformat",
        "",
        &["--check", "check", "lint", "-c", "--mode", "--fail-on-change", "--ci", "-m"],
        Lint,
        Why::Rewrites,
    ),
    never("gpg ssh-keygen openssl keytool age pass secret-tool", "", Why::System),
    never(
        "goreleaser git-cliff cargo-release cargo-dist dist gitversion nfpm ko twine cosign notation",
        "",
        Why::Publishes,
    ),
];
