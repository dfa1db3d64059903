# An image of keepalived: `docker build --tag keepalived .`; docs/containers.md says how it is run.

FROM docker.io/library/rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends libssl-dev pkg-config
WORKDIR /source
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock rustfmt.toml clippy.toml ./
COPY crates crates
RUN cargo build --release --locked --package keepalived

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libssl3 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin keepalived_script
COPY --from=build /source/target/release/keepalived /usr/sbin/keepalived
COPY dist/copyright LICENSE-APACHE /usr/share/doc/keepalived/
RUN ln -s ../sbin/keepalived /usr/bin/genhash
# In the foreground as process 1; the log goes to standard error and nowhere else.
ENTRYPOINT ["/usr/sbin/keepalived", "--dont-fork", "--log-console", "--no-syslog"]
STOPSIGNAL SIGTERM
